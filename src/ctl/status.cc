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
        (condition.text("status") == "True") !=
        (condition.text("type") == "Conflicted" || condition.text("type") == "PartiallyInvalid");
    if (!good) text += fmt::format("({}: {})", condition.text("reason"), condition.text("message"));
  }
  return text;
}

void print_line(const Json& object) {
  const std::string name =
      object.text("namespace").empty()
          ? std::string(object.text("name"))
          : fmt::format("{}/{}", object.text("namespace"), object.text("name"));
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
  if (const Json* parents = status.find("parents")) {
    for (const Json& parent : parents->as_array()) {
      fmt::print("{:<13} {:<32} parent={} {}\n", object.text("kind"), name,
                 parent.find("parentRef")->text("name"), summary(*parent.find("conditions")));
    }
  }
}

}  // namespace

int status(const StatusOptions& options) {
  const api::KindInfo* kind = options.kind.empty() ? nullptr : api::find_kind_by_word(options.kind);
  if (!options.kind.empty() && kind == nullptr) {
    fmt::print(stderr, "limen: '{}' is no kind that is known here; try gateways or httproutes\n",
               options.kind);
    return kUsage;
  }
  const std::string path = status_socket_of(options.state_dir);
  const Result<std::string> text = read_status_socket(path);
  if (!text) {
    fmt::print(stderr, "limen: {}; is `limen run` running with this --state-dir?\n",
               text.error().message);
    return kFailed;
  }
  const auto documents = parse_yaml(*text);
  if (documents.empty() || documents[0].problem) {
    fmt::print(stderr, "limen: the answer of {} can't be read\n", path);
    return kFailed;
  }
  size_t shown = 0;
  for (const Json& object : documents[0].value.find("objects")->as_array()) {
    if (kind != nullptr && object.text("kind") != kind->name) continue;
    if (!options.name.empty() && object.text("name") != options.name) continue;
    if (!options.name_space.empty() && object.text("namespace") != options.name_space) continue;
    ++shown;
    if (options.output == "yaml")
      fmt::print("---\n{}", to_yaml(object));
    else
      print_line(object);
  }
  for (const Json& problem : documents[0].value.find("problems")->as_array())
    fmt::print("problem: {}\n", problem.as_string());
  if (shown > 0 || options.name.empty()) return kOk;
  fmt::print(stderr, "limen: there is no {} '{}'\n", options.kind, options.name);
  return kInvalid;
}

}  // namespace limen::ctl
