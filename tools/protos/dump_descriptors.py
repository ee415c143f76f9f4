"""Writes the xDS definitions as one FileDescriptorSet, for `protoc --descriptor_set_in`.

The definitions come from the Python package xds-protos; none is stored in this repository.
Annotations (validation rules, versioning, migration) and documentation-only imports are left out:
Envoy checks what it receives by its own copy, and without them the generated C++ is a third smaller.

What Envoy has and the package does not have yet stands in newer.txt.

usage: dump_descriptors.py ROOTS.txt OUT.binpb FILES.txt
"""

import importlib
import pathlib
import sys

from google.protobuf import descriptor_pb2

CPP_KEYWORDS = ("requires",)  # of C++20, which Debian's protoc does not know
ANNOTATIONS = ("validate/", "udpa/annotations/", "xds/annotations/", "envoy/annotations/")


def is_annotation(path: str) -> bool:
    return path.startswith(ANNOTATIONS)


def load(path: str):
    module = importlib.import_module(path.removesuffix(".proto").replace("-", "_").replace("/", ".") + "_pb2")
    return module.DESCRIPTOR


def collect(path: str, seen: dict):
    """Adds `path` and all it imports to `seen`, imports first."""
    if path in seen or is_annotation(path):
        return
    file = load(path)
    for dependency in file.dependencies:
        collect(dependency.name, seen)
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    seen[path] = proto


def strip_message(message):
    is_map_entry = message.options.map_entry
    message.ClearField("options")
    if is_map_entry:
        message.options.map_entry = True
    for field in list(message.field) + list(message.extension):
        if field.name in CPP_KEYWORDS:
            field.name += "_"  # on the wire it is a number
        packed = field.options.packed if field.options.HasField("packed") else None
        field.ClearField("options")
        if packed is not None:
            field.options.packed = packed
    for oneof in message.oneof_decl:
        oneof.ClearField("options")
    for enum in message.enum_type:
        strip_enum(enum)
    for nested in message.nested_type:
        strip_message(nested)


def strip_enum(enum):
    allow_alias = enum.options.allow_alias
    enum.ClearField("options")
    if allow_alias:
        enum.options.allow_alias = True
    for value in enum.value:
        value.ClearField("options")


def strip_file(file):
    kept = [name for name in file.dependency if not is_annotation(name)]
    del file.dependency[:]
    del file.public_dependency[:]
    del file.weak_dependency[:]
    file.dependency.extend(kept)
    file.ClearField("options")
    file.ClearField("source_code_info")
    for message in file.message_type:
        strip_message(message)
    for enum in file.enum_type:
        strip_enum(enum)
    del file.service[:]  # Limen registers its streams by method name: no stub is needed


def file_of(type_name, files):
    """The path of the file that defines a message."""
    package, _, name = type_name.removeprefix(".").rpartition(".")
    return next(path for path, file in files.items()
                if file.package == package and any(message.name == name for message in file.message_type))


def add_newer(line, files):
    path, message_name, name, number, *label, type_name = line.split()
    if path not in files:
        package = str(pathlib.PurePosixPath(path).parent).replace("/", ".")
        files[path] = descriptor_pb2.FileDescriptorProto(name=path, package=package, syntax="proto3")
    message = next((m for m in files[path].message_type if m.name == message_name), None)
    if message is None:
        message = files[path].message_type.add(name=message_name)
    if any(field.name == name for field in message.field):
        sys.exit(f"xds-protos has {message_name}.{name} now: take it out of newer.txt")
    field = message.field.add(name=name, number=int(number), label="LABEL_" + (label or ["optional"])[0].upper())
    if not type_name.startswith("."):
        field.type = "TYPE_" + type_name.upper()
        return
    field.type, field.type_name = field.TYPE_MESSAGE, type_name
    defined_in = file_of(type_name, files)
    if defined_in != path and defined_in not in files[path].dependency:
        files[path].dependency.append(defined_in)


def lines_of(path):
    return [line.strip() for line in path.read_text().splitlines() if line and not line.startswith("#")]


def main():
    roots, out, files = map(pathlib.Path, sys.argv[1:])
    seen = {}
    for line in lines_of(roots):
        collect(line, seen)
    for line in lines_of(roots.parent / "newer.txt"):
        add_newer(line, seen)
    result = descriptor_pb2.FileDescriptorSet()
    for proto in seen.values():
        if not proto.name.startswith("google/protobuf/"):
            strip_file(proto)
        result.file.append(proto)
    out.write_bytes(result.SerializeToString(deterministic=True))
    names = [name for name in seen if not name.startswith("google/protobuf/")]
    files.write_text("".join(name + "\n" for name in names))


if __name__ == "__main__":
    main()
