#include "xds/bootstrap/patch.h"

#include <gtest/gtest.h>

#include "base/json_patch.h"
#include "xds/bootstrap/bootstrap.h"

namespace limen::xds {
namespace {

using api::BootstrapType;

const Json& base() {
  static const Json config = make_bootstrap({"default/web", "n", "/admin.sock", "/xds.sock"});
  return config;
}

// The patched configuration's value at `pointer` as JSON text, or the error.
std::string patched(const api::ProxyBootstrap& patch, const std::string& pointer) {
  const auto result = patch_bootstrap(base(), patch);
  if (!result) return "error: " + result.error().message;
  const Json* value = find_pointer(*result, pointer);
  return value == nullptr ? "nothing" : to_json(*value);
}

TEST(BootstrapPatch, MergeAddsAndAppends) {
  const api::ProxyBootstrap patch{
      BootstrapType::kMerge,
      "stats_flush_interval: 7s\nstatic_resources: {clusters: [{name: more}]}",
      {}};
  EXPECT_EQ(patched(patch, "/stats_flush_interval"), "\"7s\"");
  EXPECT_EQ(patched(patch, "/static_resources/clusters/1/name"), "\"more\"");
  EXPECT_EQ(patched(patch, "/node/cluster"), "\"default/web\"");
}

TEST(BootstrapPatch, StepsMayNotTouchWhatIsLimens) {
  const auto step = [](const std::string& op, const std::string& path, Json value) {
    return api::ProxyBootstrap{BootstrapType::kJsonPatch, {}, {{op, path, {}, std::move(value)}}};
  };
  EXPECT_EQ(patched(step("add", "/stats_flush_interval", "7s"), "/stats_flush_interval"), "\"7s\"");
  EXPECT_EQ(patched(step("replace", "/dynamic_resources/lds_config/initial_fetch_timeout", "5s"),
                    "/dynamic_resources/lds_config/initial_fetch_timeout"),
            "\"5s\"");
  EXPECT_EQ(patched(step("replace", "/node/cluster", "other"), ""),
            "error: spec.bootstrap: /node/cluster is Limen's and must not be changed");
  EXPECT_EQ(patched(step("remove", "/static_resources/clusters/0", {}), ""),
            "error: spec.bootstrap: the load_assignment of xds_cluster is Limen's and must not be "
            "changed");
  EXPECT_EQ(patched(step("remove", "/nope", {}), ""),
            "error: spec.bootstrap.jsonPatches: step 0, remove /nope: there is no such member");
}

TEST(BootstrapPatch, ReplaceKeepsThePodsListeners) {
  BootstrapSettings settings{"default/web", "n", "/admin.sock", "/xds.sock"};
  settings.stats = Address{"0.0.0.0", 19001};
  const api::ProxyBootstrap patch{
      BootstrapType::kReplace,
      "static_resources: {clusters: [{name: prometheus_stats, type: EDS}], listeners: [{name: a}]}",
      {}};
  const auto result = patch_bootstrap(make_bootstrap(settings), patch);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(to_json(*find_pointer(*result, "/static_resources/clusters/0")),
            R"({"name":"prometheus_stats","type":"EDS"})");
  EXPECT_EQ(find_pointer(*result, "/static_resources/clusters/1")->text("name"), "xds_cluster");
  EXPECT_EQ(find_pointer(*result, "/static_resources/listeners/1")->text("name"),
            "envoy-gateway-proxy-stats-0.0.0.0-19001");
}

TEST(BootstrapPatch, ReplaceKeepsWhatIsLimens) {
  const api::ProxyBootstrap patch{BootstrapType::kReplace, "stats_flush_interval: 7s", {}};
  EXPECT_EQ(patched(patch, "/stats_flush_interval"), "\"7s\"");
  EXPECT_EQ(patched(patch, "/overload_manager"), "nothing");
  for (const char* pointer : {"/node/id", "/node/cluster", "/admin/address", "/dynamic_resources",
                              "/static_resources/clusters/0"})
    EXPECT_EQ(patched(patch, pointer), to_json(*find_pointer(base(), pointer))) << pointer;
}

TEST(BootstrapPatch, BadValues) {
  for (const char* value : {"a: [", "text", "", "a: 1\n---\nb: 2"}) {
    const Status checked = check_bootstrap({BootstrapType::kReplace, value, {}});
    EXPECT_FALSE(checked) << value;
  }
}

}  // namespace
}  // namespace limen::xds
