// `limen status`: asks the `limen run` of a state folder.
#include <fmt/format.h>

#include "api/kinds.h"
#include "base/yaml.h"
#include "ctl/commands.h"
#include "ctl/status_socket.h"

namespace limen::ctl {
namespace {

std::string summary(const Json& conditions) {
  std::string text;
  if (!conditions.is_array()) return text;
  for (const Json& condition : conditions.as_array()) {
    if (!text.empty()) text += " ";
    text += fmt::format("{}={}", condition.text("type"), condition.text("status"));
    const bool good =
        (condition.text("status") == "True") != api::is_bad_when_true(condition.text("type"));
    const bool reserved = condition.text("message").find(", but ") != std::string_view::npos;
    if (!good || reserved || condition.text("type") == "Warning")
      text += fmt::format("({}: {})", condition.text("reason"), condition.text("message"));
  }
  return text;
}

void print_line(const Json& object) {
  const Json& metadata = *object.find("metadata");
  const std::string name =
      metadata.text("namespace").empty()
          ? std::string(metadata.text("name"))
          : fmt::format("{}/{}", metadata.text("namespace"), metadata.text("name"));
  const Json& status = *object.find("status");
  if (const Json* conditions = status.find("conditions"))
    fmt::print("{:<13} {:<32} {}\n", object.text("kind"), name, summary(*conditions));
  if (const Json* listeners = status.find("listeners")) {
    for (const Json& listener : listeners->as_array()) {
      fmt::print("{:<13} {:<32} attachedRoutes={} {}\n", "  listener", listener.text("name"),
                 listener.find("attachedRoutes")->as_integer(),
                 summary(*listener.find("conditions")));
    }
  }
  if (const Json* ancestors = status.find("ancestors")) {
    for (const Json& ancestor : ancestors->as_array()) {
      fmt::print("{:<13} {:<32} ancestor={} {}\n", object.text("kind"), name,
                 ancestor.find("ancestorRef")->text("name"), summary(*ancestor.find("conditions")));
    }
  }
  if (const Json* parents = status.find("parents")) {
    for (const Json& parent : parents->as_array()) {
      fmt::print("{:<13} {:<32} parent={} {}\n", object.text("kind"), name,
                 parent.find("parentRef")->text("name"), summary(*parent.find("conditions")));
    }
  }
}

void print_certificate(const Json& certificate) {
  std::string text;
  if (const Json* days = certificate.find("daysLeft")) {
    text = fmt::format("{} days left (until {}, renewed from {}), from {}", days->as_integer(),
                       certificate.text("notAfter"), certificate.text("renewAt"),
                       certificate.text("issuer"));
  } else {
    text = certificate.find("busy") != nullptr ? "it is being obtained" : "there is none";
  }
  if (!certificate.text("failure").empty())
    text += fmt::format("; the last try failed: {}", certificate.text("failure"));
  if (!certificate.text("nextTry").empty())
    text += fmt::format("; next try at {}", certificate.text("nextTry"));
  fmt::print("{:<13} {:<32} {}\n", "certificate", certificate.text("secret"), text);
}

bool is_meant(const Json& object, const StatusOptions& options, const api::KindInfo* kind) {
  const Json& metadata = *object.find("metadata");
  return (kind == nullptr || object.text("kind") == kind->name) &&
         (options.name.empty() || metadata.text("name") == options.name) &&
         (options.name_space.empty() || metadata.text("namespace") == options.name_space);
}

void print_wide(const Json& report, const Json::Array& objects) {
  for (const Json& held : report.find("held")->as_array()) {
    fmt::print(
        "HELD: {} {}; its {} objects, {} of them routes, stay in force until it returns; if it "
        "was meant to go: limen confirm\n",
        held.text("path"), held.text("why"), held.find("objects")->as_integer(),
        held.find("routes")->as_integer());
  }
  for (const Json& object : objects) print_line(object);
  if (const Json* certificates = report.find("certificates"))
    for (const Json& each : certificates->as_array()) print_certificate(each);
  for (const Json& problem : report.find("problems")->as_array())
    fmt::print("problem: {}\n", problem.as_string());
}

// As kubectl: one object by itself where a name is given, else a List.
void print_whole(const StatusOptions& options, Json::Array objects) {
  Json all{Json::Object{}};
  if (!options.name.empty() && objects.size() == 1) {
    all = std::move(objects[0]);
  } else {
    all.set("apiVersion", "v1");
    all.set("kind", "List");
    all.set("items", std::move(objects));
  }
  fmt::print("{}", options.output == "json" ? to_json(all, 2) + "\n" : to_yaml(all));
}

Result<Json> ask(const std::string& state_dir) {
  const Result<std::string> text = ask_status_socket(status_socket_of(state_dir), "status");
  if (!text) return text.error();
  auto documents = parse_yaml(*text);
  if (documents.empty() || documents[0].problem || documents[0].value.find("objects") == nullptr)
    return Error{"the answer of `limen run` can't be read: is it of the same version?"};
  return std::move(documents[0].value);
}

std::string in_words(const StatusOptions& options) {
  std::string text = options.kind.empty() ? "object" : options.kind;
  if (!options.name.empty()) text += fmt::format(" '{}'", options.name);
  if (!options.name_space.empty()) text += fmt::format(" in namespace '{}'", options.name_space);
  return text;
}

}  // namespace

int status(StatusOptions options) {
  const size_t slash = options.kind.find('/');
  if (slash != std::string::npos && options.name.empty()) {
    options.name = options.kind.substr(slash + 1);
    options.kind.resize(slash);
  }
  const api::KindInfo* kind = options.kind.empty() ? nullptr : api::find_kind_by_word(options.kind);
  if (!options.kind.empty() && kind == nullptr) {
    fmt::print(stderr,
               "limen: '{}' is no kind that is known here; those with a status are gatewayclass, "
               "gateway, listenerset, backend, backendtlspolicy and the kinds of routes\n",
               options.kind);
    return kUsage;
  }
  const Result<Json> report = ask(options.state_dir);
  if (!report) {
    fmt::print(stderr, "limen: {}\n", report.error().message);
    return kFailed;
  }
  Json::Array objects;
  for (const Json& object : report->find("objects")->as_array()) {
    if (is_meant(object, options, kind)) objects.push_back(object);
  }
  const bool none = objects.empty() && (kind != nullptr || !options.name_space.empty());
  if (none) {
    fmt::print(stderr, "limen: there is no {}\n", in_words(options));
    if (!options.name.empty()) return kInvalid;
  }
  if (options.output == "wide") {
    print_wide(*report, objects);
  } else {
    print_whole(options, std::move(objects));
  }
  return kOk;
}

}  // namespace limen::ctl
