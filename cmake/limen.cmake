# All tests that need no Envoy: what instrumented builds run (tools/sanitize.sh).
add_custom_target(quick_tests)

# limen_library(NAME [DEPS target...] [CORPUS folder...] [PRECOMPILE header...])
#   The library of one folder: its *.cc, its *_test.cc as one test program NAME_test, and each
#   *_fuzz.cc as a fuzz target that starts from CORPUS.  PRECOMPILE: headers that nearly all of its
#   *.cc include, and that take longer to read than the rest.
#   Dependencies run top to bottom (see src/README.md); the linker keeps them honest.
function(limen_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;CORPUS;PRECOMPILE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE limen_warnings)
    set(under_test ${name})
    if(ARG_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_precompile_headers(${name} PRIVATE ${ARG_PRECOMPILE})
      target_compile_options(${name} PRIVATE -fpch-preprocess)  # so that ccache sees what it is made of
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_DEPS})
    set(under_test ${name})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${under_test} limen_warnings GTest::gmock GTest::gtest_main)
    add_test(NAME unit/${name} COMMAND ${name}_test --gtest_brief=1)
    add_dependencies(quick_tests ${name}_test)
  endif()

  file(GLOB_RECURSE fuzzers CONFIGURE_DEPENDS *_fuzz.cc)
  foreach(fuzzer ${fuzzers})
    get_filename_component(target ${fuzzer} NAME_WE)
    limen_fuzzer(${target} ${fuzzer} LINK ${under_test} CORPUS ${ARG_CORPUS})
  endforeach()
endfunction()

# A fuzz target.  With LIMEN_FUZZ (clang) a libFuzzer program; otherwise test/fuzz/driver.cc mutates
# the corpus for some seconds.
function(limen_fuzzer target)
  cmake_parse_arguments(ARG "" "" "LINK;CORPUS" ${ARGN})
  add_executable(${target} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE ${ARG_LINK} limen_warnings)
  if(LIMEN_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/test/fuzz/driver.cc)
  endif()
  add_dependencies(quick_tests ${target})
  add_test(NAME fuzz/${target} COMMAND ${target} -max_total_time=4 -rss_limit_mb=2048 ${ARG_CORPUS})
endfunction()
