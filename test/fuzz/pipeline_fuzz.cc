// Any text as a file: objects or problems, and a translation that is the same step by step and from
// nothing after each step, in which each resource is a message of its type and each cluster, route
// configuration, endpoint set and secret that a resource names is there.
#include <fmt/format.h>

#include <cstdlib>

#include "providers/file/object_store.h"
#include "test/cases/case.h"

namespace {

using limen::Json;
using limen::cases::View;

[[noreturn]] void fail(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::abort();
}

// The resources that an Envoy would wait for, or answer 500 without.
class References {
 public:
  explicit References(const std::map<std::string, Json>& resources) : resources_(resources) {}

  void check() {
    for (const auto& [name, resource] : resources_) {
      if (resource.is_string()) fail(name + ": " + resource.as_string());
      const size_t word = name.find(' ');
      owner_ = name;
      proxy_ = name.substr(word, name.find(' ', word + 1) - word);
      if (resource.text("type") == "EDS") want("endpoints", resource.text("name"));
      walk(resource);
    }
  }

 private:
  void walk(const Json& value) {
    if (value.is_array()) {
      for (const Json& item : value.as_array()) walk(item);
    }
    if (!value.is_object()) return;
    // Others are another SDS server's.
    if (const Json* source = value.find("sds_config"); source != nullptr && source->find("ads"))
      want("secrets", value.text("name"));
    for (const auto& [key, member] : value.as_object()) {
      if (key == "metadata") continue;  // what a user named
      if (key == "route_config_name") want("routes", member.as_string());
      if (key == "cluster" && member.is_string()) want("clusters", member.as_string());
      if (key == "weighted_clusters") {
        for (const Json& cluster : member.find("clusters")->as_array())
          want("clusters", cluster.text("name"));
      }
      walk(member);
    }
  }

  void want(std::string_view type, std::string_view name) {
    if (name == "invalid-backend-cluster") return;  // is missing on purpose: answers 500
    if (!resources_.contains(fmt::format("{}{} {}", type, proxy_, name)))
      fail(fmt::format("{} names {} {}, which is not sent", owner_, type, name));
  }

  const std::map<std::string, Json>& resources_;
  std::string owner_, proxy_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limen;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t half = std::min(text.find("---", size / 2), size);
  providers::ObjectStore store([] { return int64_t{1}; });
  translate::Translator stepwise({});
  View steps;
  std::map<std::pair<api::Kind, api::ObjectKey>, api::ObjectChange> world;
  // Objects come, others come, the first go.
  for (const std::string& state : {text.substr(0, half), text, text.substr(half)}) {
    store.set_file("a.yaml", state);
    const api::ChangeBatch changes = store.take_changes();
    for (const auto& change : changes) world[{change.kind, change.key}] = change;
    steps.take(stepwise.apply({changes, {}, {}}));
    References(steps.xds()).check();

    api::ChangeBatch all;
    for (const auto& [key, change] : world) {
      if (!std::holds_alternative<std::monostate>(change.object)) all.push_back(change);
    }
    View whole;
    whole.take(translate::Translator({}).apply({std::move(all), {}, {}}));
    if (const auto difference = steps.difference(whole); !difference.empty())
      fail("step by step and from nothing differ: " + difference);
  }
  return 0;
}
