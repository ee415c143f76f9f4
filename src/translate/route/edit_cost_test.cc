// What an edit of an HTTPRoute costs does not depend on how many routes, listeners and ListenerSets
// there are.
#include <fmt/format.h>

#include "translate/test_objects.h"
#include "translate/translator.h"

namespace limen::translate {
namespace {

constexpr int kListeners = 5;  // of a ListenerSet

api::ObjectChange listener_set(int set) {
  std::string listeners;
  for (int i = 0; i < kListeners; ++i)
    listeners +=
        fmt::format("{{name: l{}, port: 80, protocol: HTTP, hostname: h{}-{}.test}}, ", i, set, i);
  return object(fmt::format(
      "{{apiVersion: gateway.networking.k8s.io/v1, kind: ListenerSet, metadata: {{name: s{}}}, "
      "spec: {{parentRef: {{name: g}}, listeners: [{}]}}}}",
      set, listeners));
}

api::ObjectChange route(int set, int listener, const std::string& path) {
  return object(fmt::format(
      "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r{0}-{1}}}, "
      "spec: {{parentRefs: [{{kind: ListenerSet, name: s{0}, sectionName: l{1}}}], rules: "
      "[{{matches: [{{path: {{value: {2}}}}}], backendRefs: [{{group: gateway.envoyproxy.io, kind: "
      "Backend, name: b}}]}}]}}}}",
      set, listener, path));
}

// The rows that one edit runs in a world of `sets` ListenerSets, with a route on each listener.
size_t rows_of_an_edit(int sets) {
  Translator translator{Options{}};
  api::ChangeBatch world = {our_class(), some_backend(),
                            gateway("allowedListeners: {namespaces: {from: Same}}, "
                                    "listeners: [{name: own, port: 80, protocol: HTTP}]")};
  for (int set = 0; set < sets; ++set) {
    world.push_back(listener_set(set));
    for (int listener = 0; listener < kListeners; ++listener)
      world.push_back(route(set, listener, "/a"));
  }
  translator.apply({std::move(world), {}, {}});
  const Output output = translator.apply({{route(sets / 2, 3, "/b")}, {}, {}});
  EXPECT_EQ(output.resources.size(), 1u);
  return output.rows;
}

TEST(EditCost, IsTheSameAmongManyListenerSets) {
  const size_t rows = rows_of_an_edit(4);
  EXPECT_LE(rows, 6u);
  EXPECT_EQ(rows_of_an_edit(200), rows);
}

}  // namespace
}  // namespace limen::translate
