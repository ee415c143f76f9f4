#include "api/objects.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "api/envoy/tables.h"
#include "api/gateway/tables.h"
#include "schema/emit.h"
#include "schema/parse.h"

namespace limen::api {
namespace {

constexpr size_t kLongestName = 253;

// RFC 1123's label, as namespaces' names are.
bool is_namespace_name(const std::string& name) {
  static const re2::RE2 form("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  return name.size() <= 63 && re2::RE2::FullMatch(name, form);
}

bool is_object_name(const std::string& name) {
  static const re2::RE2 form(
      R"([a-z0-9]([-a-z0-9.:]*[a-z0-9])?)");  // ':' as RBAC and some generators use it
  return name.size() <= kLongestName && re2::RE2::FullMatch(name, form);
}

ObjectKey key_of(const Json& document, const KindInfo* kind) {
  ObjectKey key;
  if (const Json* metadata = document.find("metadata")) {
    key.name = metadata->text("name");
    key.name_space = metadata->text("namespace");
  }
  const bool namespaced = kind == nullptr || kind->namespaced;
  if (namespaced && key.name_space.empty()) key.name_space = "default";
  if (!namespaced) key.name_space = {};
  return key;
}

// apiVersion and kind belong to every document but to no table.
Json without_type(const Json& document) {
  Json rest{Json::Object{}};
  rest.set_line(document.line());
  for (const auto& [name, value] : document.as_object()) {
    if (name != "apiVersion" && name != "kind") rest.as_object().emplace_back(name, value);
  }
  return rest;
}

// Fields that the API server adds and no user writes.
void drop_server_fields(Json& document) {
  Json* metadata = document.find("metadata");
  if (metadata == nullptr || !metadata->is_object()) return;
  std::erase_if(metadata->as_object(), [](const Json::Member& member) {
    for (std::string_view name :
         {"managedFields", "resourceVersion", "selfLink", "finalizers", "ownerReferences",
          "generateName", "deletionTimestamp", "deletionGracePeriodSeconds"}) {
      if (member.first == name) return true;
    }
    return false;
  });
}

// REQUIRES: the schema's own checks ran.
void check_names(const Json& document, ParsedObject& parsed) {
  const Json* metadata = document.find("metadata");
  const int line = metadata == nullptr ? document.line() : metadata->line();
  const auto refuse = [&](const char* path, std::string message) {
    parsed.problems.push_back({"Invalid", path, std::move(message), line});
  };
  const ObjectKey& key = parsed.key;
  if (!key.name.empty() && !is_object_name(key.name) && key.name.size() <= kLongestName) {
    refuse("metadata.name", fmt::format("'{}' must be lower-case letters, digits, '-' and '.', "
                                        "with a letter or digit first and last",
                                        key.name));
  }
  if (!key.name_space.empty() && !is_namespace_name(key.name_space)) {
    refuse("metadata.namespace", fmt::format("'{}' must be at most 63 lower-case letters, digits "
                                             "and '-'",
                                             key.name_space));
  }
  if (key.name.empty() && metadata != nullptr && metadata->find("generateName") != nullptr)
    refuse("metadata.generateName", "only a Kubernetes API server makes names: give it a name");
}

template <class T>
AnyObject finish(const std::shared_ptr<void>& made, const ObjectKey& key) {
  auto object = std::static_pointer_cast<T>(made);
  object->metadata.name_space = key.name_space;
  return std::shared_ptr<const T>(std::move(object));
}

// The same for the alternative of AnyObject that `kind` stands for.
AnyObject finish(const KindInfo& kind, const std::shared_ptr<void>& made, const ObjectKey& key) {
  AnyObject result;
  const auto try_one = [&]<class T>(const std::shared_ptr<const T>*) {
    const AnyObject wrapped = kind.wrap(made);
    if (std::holds_alternative<std::shared_ptr<const T>>(wrapped)) result = finish<T>(made, key);
  };
  const auto try_all =
      [&]<class... T>(const std::variant<std::monostate, std::shared_ptr<const T>...>*) {
        (try_one(static_cast<const std::shared_ptr<const T>*>(nullptr)), ...);
      };
  try_all(static_cast<const AnyObject*>(nullptr));
  return result;
}

}  // namespace

ParsedObject parse_object(const Json& document) {
  ParsedObject result;
  if (!document.is_object()) {
    result.problems.push_back(
        {"WrongType", "",
         fmt::format("a document must be an object with apiVersion, kind and metadata, not {}",
                     document.type_name()),
         document.line()});
    return result;
  }
  const std::string_view api_version = document.text("apiVersion");
  result.type = document.text("kind");
  for (std::string_view name : {"apiVersion", "kind"}) {
    if (document.text(name).empty())
      result.problems.push_back(
          {"Required", std::string(name), "is missing: add it", document.line()});
  }
  result.kind = find_kind(api_version, result.type);
  result.key = key_of(document, result.kind);
  if (result.kind == nullptr || !result.problems.empty()) return result;

  Json rest = without_type(document);
  drop_server_fields(rest);
  std::shared_ptr<void> object = result.kind->make();
  schema::ParseOptions options;
  options.strict = result.kind->strict;
  options.remarks = &result.remarks;
  result.problems = schema::parse(rest, result.kind->schema(), object.get(), options);
  check_names(document, result);
  if (result.problems.empty()) result.object = finish(*result.kind, object, result.key);
  return result;
}

std::string text_of(const KindInfo& kind, const ObjectKey& key) {
  return fmt::format("{}/{}", kind.name, key.text());
}

Json emit_object(const AnyObject& object) {
  const KindInfo& kind = kind_of(object);
  Json out{Json::Object{}};
  out.set("apiVersion", kind.group.empty() ? std::string(kind.versions[0])
                                           : fmt::format("{}/{}", kind.group, kind.versions[0]));
  out.set("kind", kind.name);
  const void* pointer = std::visit(
      [](const auto& shared) -> const void* {
        if constexpr (std::is_same_v<std::decay_t<decltype(shared)>, std::monostate>) {
          return nullptr;
        } else {
          return shared.get();
        }
      },
      object);
  Json members = schema::emit(kind.schema(), pointer);
  for (auto& [name, value] : members.as_object()) out.set(name, std::move(value));
  return out;
}

template <class StatusT>
Json emit_status(const StatusT& status) {
  return schema::emit(schema_of(&status), &status);
}

template Json emit_status(const GatewayClassStatus&);
template Json emit_status(const GatewayStatus&);
template Json emit_status(const ListenerSetStatus&);
template Json emit_status(const RouteStatus&);
template Json emit_status(const PolicyStatus&);
template Json emit_status(const BackendStatus&);

}  // namespace limen::api
