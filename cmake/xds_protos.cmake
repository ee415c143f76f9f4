# C++ for the xDS definitions.  They come from the pinned Python package xds-protos in
# ${LIMEN_VENV}; nothing of them is stored here.  Makes the library `xds_protos`.
#
# With LIMEN_XDS_PROTOS_FROM the library is the one of another build folder: instrumented builds
# (presets asan, tsan, fuzz) examine our code, not protoc's, which would cost them ten minutes.
find_package(Protobuf REQUIRED)

set(LIMEN_XDS_PROTOS_FROM "" CACHE PATH "Build folder whose xds_protos is used instead of making it")
if(LIMEN_XDS_PROTOS_FROM)
  set(made ${LIMEN_XDS_PROTOS_FROM}/libxds_protos.a)
  if(NOT EXISTS ${made})
    message(FATAL_ERROR "${made} is missing: run cmake --preset dev && ninja -C build/dev xds_protos first")
  endif()
  add_library(xds_protos STATIC IMPORTED GLOBAL)
  set_target_properties(xds_protos PROPERTIES IMPORTED_LOCATION ${made})
  target_include_directories(xds_protos SYSTEM INTERFACE ${LIMEN_XDS_PROTOS_FROM}/gen)
  target_link_libraries(xds_protos INTERFACE protobuf::libprotobuf)
  return()
endif()

set(LIMEN_VENV "${CMAKE_SOURCE_DIR}/.venv" CACHE PATH "Python virtual environment with xds-protos")
set(gen ${CMAKE_BINARY_DIR}/gen)
set(roots ${CMAKE_SOURCE_DIR}/tools/protos/roots.txt)
set(newer ${CMAKE_SOURCE_DIR}/tools/protos/newer.txt)
set(dump ${CMAKE_SOURCE_DIR}/tools/protos/dump_descriptors.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${roots} ${newer} ${dump})

file(MAKE_DIRECTORY ${gen})
if(NOT EXISTS ${gen}/files.txt OR ${roots} IS_NEWER_THAN ${gen}/files.txt OR
   ${newer} IS_NEWER_THAN ${gen}/files.txt OR ${dump} IS_NEWER_THAN ${gen}/files.txt)
  execute_process(COMMAND ${LIMEN_VENV}/bin/python ${dump} ${roots} ${gen}/xds.binpb ${gen}/files.txt
                  RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "xds-protos is missing from ${LIMEN_VENV}: run tools/setup.sh first")
  endif()
  file(STRINGS ${gen}/files.txt protos)
  execute_process(COMMAND ${Protobuf_PROTOC_EXECUTABLE} --descriptor_set_in=${gen}/xds.binpb
                          --cpp_out=${gen} ${protos}
                  RESULT_VARIABLE failed)
  if(failed)
    file(REMOVE ${gen}/files.txt)
    message(FATAL_ERROR "protoc failed on the xDS definitions")
  endif()
endif()

file(STRINGS ${gen}/files.txt protos)
set(sources)
foreach(proto ${protos})
  string(REGEX REPLACE "\\.proto$" ".pb.cc" source ${proto})
  list(APPEND sources ${gen}/${source})
endforeach()

add_library(xds_protos STATIC ${sources})
target_include_directories(xds_protos SYSTEM PUBLIC ${gen})
target_link_libraries(xds_protos PUBLIC protobuf::libprotobuf)
target_compile_options(xds_protos PRIVATE -w -g0 -O1)
