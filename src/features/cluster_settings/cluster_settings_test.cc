// What of ClusterSettings Envoy would refuse is a problem that names its field; the rest becomes
// what Envoy knows.
#include "features/cluster_settings.h"

#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/extensions/load_balancing_policies/least_request/v3/least_request.pb.h>
#include <envoy/extensions/load_balancing_policies/override_host/v3/override_host.pb.h>
#include <envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol.pb.h>
#include <envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h>
#include <gtest/gtest.h>

namespace limen::features {
namespace {

namespace cluster_v3 = envoy::config::cluster::v3;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> paths_of(const Problems& problems) {
  std::vector<std::string> paths;
  for (const Problem& problem : problems) paths.push_back(problem.path);
  return paths;
}
using Paths = std::vector<std::string>;

class ClusterSettingsTest : public testing::Test {
 protected:
  ClusterSettingsTest() { cluster_.set_lb_policy(cluster_v3::Cluster::LEAST_REQUEST); }

  Paths write() { return paths_of(write_cluster_settings(settings_, "auth", cluster_)); }
  Paths check(BackendHttp http = BackendHttp::kHttp1) {
    return paths_of(check_cluster_settings(settings_, http));
  }
  api::ActiveHealthCheck& active() { return settings_.health_check.emplace().active.emplace(); }

  api::ClusterSettings settings_;
  cluster_v3::Cluster cluster_;
};

TEST_F(ClusterSettingsTest, NoneChangeNothing) {
  const std::string before = cluster_.SerializeAsString();
  EXPECT_EQ(write(), Paths());
  settings_.retry.emplace();
  settings_.timeout.emplace().http.emplace().request_timeout = api::Duration{seconds(1)};
  EXPECT_EQ(write(), Paths());
  EXPECT_EQ(cluster_.SerializeAsString(), before);
  EXPECT_EQ(cluster_part(settings_), api::ClusterSettings{});
}

TEST_F(ClusterSettingsTest, WhatEnvoyRefuses) {
  settings_.load_balancer.emplace().type = api::LoadBalancerType::kConsistentHash;
  settings_.load_balancer->consistent_hash.emplace().table_size = 65536;
  settings_.load_balancer->endpoint_override.emplace().extract_from.emplace_back();
  settings_.tcp_keepalive.emplace().probes = 128;
  settings_.circuit_breaker.emplace().retry_budget.emplace().percent = {3, 2};
  settings_.timeout.emplace().tcp.emplace().connect_timeout = api::Duration{};
  settings_.connection.emplace().buffer_limit = Json("a");
  settings_.connection->socket_buffer_limit = Json(0);
  settings_.connection->preconnect.emplace().predictive_percent = 301;
  settings_.dns.emplace().dns_refresh_rate = api::Duration{};
  settings_.http2.emplace().initial_stream_window_size = Json(1);
  EXPECT_EQ(check(), (Paths{".loadBalancer.endpointOverride.extractFrom[0]",
                            ".loadBalancer.consistentHash.tableSize", ".tcpKeepalive.probes",
                            ".circuitBreaker.retryBudget.percent", ".timeout.tcp.connectTimeout",
                            ".connection.bufferLimit", ".connection.socketBufferLimit",
                            ".connection.preconnect.predictivePercent", ".dns.dnsRefreshRate",
                            ".http2.initialStreamWindowSize"}));
}

TEST_F(ClusterSettingsTest, NoModuleBalances) {
  settings_.load_balancer.emplace().type = api::LoadBalancerType::kDynamicModule;
  settings_.load_balancer->dynamic_module.emplace();
  EXPECT_EQ(check(), Paths{".loadBalancer.type"});
}

TEST_F(ClusterSettingsTest, SharesOfLocalitiesStay) {
  namespace lb = envoy::extensions::load_balancing_policies;
  cluster_.mutable_common_lb_config()->mutable_locality_weighted_lb_config();
  settings_.load_balancer.emplace().endpoint_override.emplace().extract_from = {{"x-host"}};
  ASSERT_EQ(write(), Paths());
  EXPECT_FALSE(cluster_.common_lb_config().has_locality_weighted_lb_config());
  lb::override_host::v3::OverrideHost override;
  lb::least_request::v3::LeastRequest least;
  const auto config_of = [](const cluster_v3::LoadBalancingPolicy& policy) {
    return policy.policies(0).typed_extension_config().typed_config();
  };
  ASSERT_TRUE(config_of(cluster_.load_balancing_policy()).UnpackTo(&override));
  EXPECT_EQ(override.override_host_sources(0).header(), "x-host");
  ASSERT_TRUE(config_of(override.fallback_policy()).UnpackTo(&least));
  EXPECT_TRUE(least.locality_lb_config().has_locality_weighted_lb_config());
}

TEST_F(ClusterSettingsTest, HealthChecksThatEnvoyRefuses) {
  active().timeout = api::Duration{};
  settings_.health_check->active->interval = api::Duration{};
  auto& http = settings_.health_check->active->http.emplace();
  http.path = "health";
  http.method = "CONNECT";
  http.expected_response = api::HealthCheckPayload{api::PayloadType::kBinary, {}, "?"};
  auto& log = settings_.health_check->active->health_check_log.emplace();
  log.sinks = {{api::HealthCheckLogSinkType::kFile, api::HealthCheckLogFile{"/etc/passwd"}}};
  auto& passive = settings_.health_check->passive.emplace();
  passive.interval = passive.base_ejection_time = api::Duration{};
  const std::string at = ".healthCheck.active";
  EXPECT_EQ(check(),
            (Paths{at + ".timeout", at + ".interval", at + ".http.path", at + ".http.method",
                   at + ".http.expectedResponse", at + ".healthCheckLog.sinks[0].file.path",
                   ".healthCheck.passive.interval", ".healthCheck.passive.baseEjectionTime"}));
}

TEST_F(ClusterSettingsTest, GrpcIsAskedOverHttp2) {
  active().type = api::HealthCheckerType::kGrpc;
  EXPECT_EQ(check(), Paths{".healthCheck.active.type"});
  EXPECT_EQ(check(BackendHttp::kHttp2), Paths());
}

TEST_F(ClusterSettingsTest, PayloadsAreHexadecimalDigits) {
  auto& tcp = active().tcp.emplace();
  settings_.health_check->active->type = api::HealthCheckerType::kTcp;
  tcp.send = api::HealthCheckPayload{api::PayloadType::kText, "PING", {}};
  tcp.receive = api::HealthCheckPayload{api::PayloadType::kBinary, {}, "UE9ORw=="};
  ASSERT_EQ(write(), Paths());
  EXPECT_EQ(cluster_.health_checks(0).tcp_health_check().send().text(), "50494e47");
  EXPECT_EQ(cluster_.health_checks(0).tcp_health_check().receive(0).text(), "504f4e47");
}

TEST_F(ClusterSettingsTest, TheProxyProtocolComesBeforeTls) {
  cluster_.mutable_transport_socket()->set_name("envoy.transport_sockets.tls");
  cluster_.add_transport_socket_matches()->mutable_transport_socket()->set_name(
      "envoy.transport_sockets.tls");
  settings_.proxy_protocol.emplace().version = api::ProxyProtocolVersion::kV2;
  ASSERT_EQ(write(), Paths());
  EXPECT_TRUE(is_tls(cluster_.transport_socket()));
  EXPECT_TRUE(is_tls(cluster_.transport_socket_matches(0).transport_socket()));
  EXPECT_NE(cluster_.transport_socket().name(), "envoy.transport_sockets.tls");
  cluster_v3::Cluster plain;
  write_cluster_settings(settings_, "auth", plain);
  EXPECT_TRUE(plain.has_transport_socket());
  EXPECT_FALSE(is_tls(plain.transport_socket()));
}

TEST_F(ClusterSettingsTest, LifeOfStreamsAndConnections) {
  auto& http = settings_.timeout.emplace().http.emplace();
  http.max_stream_duration = api::Duration{};  // none
  http.max_connection_duration = api::Duration{milliseconds(1500)};
  settings_.circuit_breaker.emplace().max_requests_per_connection = 7;
  ASSERT_EQ(write(), Paths());
  envoy::extensions::upstreams::http::v3::HttpProtocolOptions options;
  ASSERT_TRUE(cluster_.typed_extension_protocol_options()
                  .at("envoy.extensions.upstreams.http.v3.HttpProtocolOptions")
                  .UnpackTo(&options));
  EXPECT_TRUE(options.explicit_http_config().has_http_protocol_options());
  const auto& common = options.common_http_protocol_options();
  EXPECT_FALSE(common.has_max_stream_duration());
  EXPECT_EQ(common.max_connection_duration().nanos(), 500'000'000);
  EXPECT_EQ(common.max_requests_per_connection().value(), 7u);
}

TEST_F(ClusterSettingsTest, Http2IsForWhoMaySpeakIt) {
  envoy::extensions::upstreams::http::v3::HttpProtocolOptions options;
  options.mutable_auto_config()->mutable_http_protocol_options();
  auto& packed = (*cluster_.mutable_typed_extension_protocol_options())
      ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
  packed.PackFrom(options);
  settings_.http2.emplace().max_concurrent_streams = 5;
  ASSERT_EQ(write(), Paths());
  ASSERT_TRUE(packed.UnpackTo(&options));
  EXPECT_EQ(options.auto_config().http2_protocol_options().max_concurrent_streams().value(), 5u);
  EXPECT_TRUE(options.auto_config().has_http_protocol_options());
  cluster_v3::Cluster plain;
  write_cluster_settings(settings_, "auth", plain);
  EXPECT_TRUE(plain.typed_extension_protocol_options().empty());
}

TEST(RetryOfOwnRequests, WhatEnvoyKnows) {
  api::Retry retry;
  envoy::config::core::v3::RetryPolicy policy;
  EXPECT_EQ(write_retry(retry, Caller::kJwks, policy), Problems());
  EXPECT_EQ(policy.num_retries().value(), 2u);
  EXPECT_EQ(policy.retry_on(), "");
  retry.retry_on.emplace().triggers = {api::RetryTrigger::k5xx, api::RetryTrigger::kReset};
  retry.per_retry.emplace().back_off.emplace().max_interval = api::Duration{milliseconds(100)};
  EXPECT_EQ(write_retry(retry, Caller::kExtAuth, policy), Problems());
  EXPECT_EQ(policy.retry_on(), "5xx,reset");
  EXPECT_EQ(policy.retry_back_off().base_interval().nanos(), 100'000'000);
  retry.per_retry->timeout = api::Duration{seconds(1)};
  retry.per_retry->back_off->base_interval = api::Duration{};
  retry.retry_on->http_status_codes = {503};
  EXPECT_EQ(paths_of(write_retry(retry, Caller::kTokens, policy)),
            (Paths{".retry.perRetry.timeout", ".retry.perRetry.backOff.baseInterval",
                   ".retry.retryOn.httpStatusCodes"}));
}

TEST(SettingsOfOwnRequests, WhatHasNoEffectIsTold) {
  api::ClusterSettings settings;
  settings.load_balancer.emplace().consistent_hash.emplace();
  settings.load_balancer->zone_aware.emplace();
  settings.retry.emplace().retry_on.emplace().triggers = {api::RetryTrigger::k5xx};
  settings.retry->num_attempts_per_priority = 1;
  settings.timeout.emplace().http.emplace().stream_idle_timeout = api::Duration{seconds(1)};
  EXPECT_EQ(fields_without_effect(settings, Caller::kJwks),
            (Paths{"loadBalancer.consistentHash.type", "loadBalancer.zoneAware",
                   "retry.numAttemptsPerPriority", "retry.retryOn.triggers",
                   "timeout.http.streamIdleTimeout"}));
  EXPECT_EQ(fields_without_effect(settings, Caller::kExtAuth).size(), 4u);
}

}  // namespace
}  // namespace limen::features
