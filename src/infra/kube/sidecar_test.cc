#include "infra/kube/sidecar.h"

#include <gtest/gtest.h>

#include "base/json_text.h"

namespace limen::infra {
namespace {

Json pods(const std::string& envoy, const std::string& sidecar, const std::string& more = "") {
  return *parse_json(R"({"spec":{"containers":[{"name":"envoy","image":")" + envoy +
                     R"("},{"name":"shutdown-manager","image":")" + sidecar + "\"" + more + "}]}}");
}

std::string kept(const Json& there, const Json& wanted) {
  Json workload = Json::Object{{"spec", Json::Object{{"template", wanted}}}};
  keep_sidecar(there, workload);
  return to_json(*workload.find("spec")->find("template"));
}

TEST(Sidecar, ItsImageAloneReplacesNoPods) {
  EXPECT_EQ(kept(pods("e:1", "l:1"), pods("e:1", "l:2")), to_json(pods("e:1", "l:1")));
  // What the API server has filled in is no difference.
  EXPECT_EQ(kept(pods("e:1", "l:1", R"(,"terminationMessagePath":"/dev/x")"), pods("e:1", "l:2")),
            to_json(pods("e:1", "l:1")));
}

TEST(Sidecar, WithAnotherReasonItIsTheNewOne) {
  const Json wanted = pods("e:2", "l:2");
  EXPECT_EQ(kept(pods("e:1", "l:1"), wanted), to_json(wanted));
  EXPECT_EQ(kept(Json(), wanted), to_json(wanted));
}

}  // namespace
}  // namespace limen::infra
