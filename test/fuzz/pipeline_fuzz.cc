// Any text as a file: objects or problems, and a translation that is the same step by step and from
// nothing, in which each resource is a message of its type.
#include <fmt/format.h>

#include <cstdlib>

#include "providers/file/object_store.h"
#include "test/cases/case.h"
#include "xds/resources/resource_json.h"

namespace {

using limen::cases::View;

[[noreturn]] void fail(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limen;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t half = text.find("---", size / 2);
  providers::ObjectStore store([] { return int64_t{1}; });
  translate::Translator stepwise({}), at_once({});
  View steps, whole;
  std::map<std::pair<api::Kind, api::ObjectKey>, api::ObjectChange> world;
  for (const std::string& state : {text.substr(0, std::min(half, size)), text}) {
    store.set_file("a.yaml", state);
    const api::ChangeBatch changes = store.take_changes();
    for (const auto& change : changes) world[{change.kind, change.key}] = change;
    const auto output = stepwise.apply({changes, {}, {}});
    for (const auto& it : output.resources) {
      if (it.resource == nullptr) continue;
      if (const auto json = xds::to_json(it.type, *it.resource, false); !json)
        fail(it.name + ": " + json.error().message);
    }
    steps.take(output);
  }
  api::ChangeBatch all;
  for (const auto& [key, change] : world) {
    if (!std::holds_alternative<std::monostate>(change.object)) all.push_back(change);
  }
  whole.take(at_once.apply({std::move(all), {}, {}}));
  if (const auto difference = steps.difference(whole); !difference.empty())
    fail("step by step and from nothing differ: " + difference);
  return 0;
}
