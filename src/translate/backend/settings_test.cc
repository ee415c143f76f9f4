// Settings as a part of what a cluster is.
#include "translate/backend/settings.h"

#include <gtest/gtest.h>

#include "base/yaml.h"
#include "schema/parse.h"

namespace limen::translate {
namespace {

api::ClusterSettings settings(const std::string& text) {
  Json json = parse_yaml_chunk(split_yaml(text).at(0))->value;
  api::ClusterSettings out;
  const auto& table = api::schema_of(static_cast<const api::ClusterSettings*>(nullptr));
  EXPECT_EQ(schema::parse(json, table, &out, {}), Problems()) << text;
  return out;
}

ClusterRef cluster(const std::string& text) {
  ClusterRef ref{.object = {"n", "s"}, .port = 80};
  ref.settings = settings_text(settings(text));
  return ref;
}

TEST(Settings, OfAClusterAreWhatTheyWere) {
  for (const char* text :
       {"{tcpKeepalive: {}}", "{circuitBreaker: {maxConnections: 0}}", "{connection: {}}",
        "{dns: {respectDnsTtl: false}}", "{http2: {initialStreamWindowSize: 64Ki}}",
        "{loadBalancer: {type: ConsistentHash, consistentHash: {type: SourceIP, tableSize: 11}}}",
        "{loadBalancer: {type: BackendUtilization, backendUtilization: {}}}",
        "{healthCheck: {passive: {maxEjectionPercent: 0}}}",
        "{healthCheck: {active: {type: GRPC, grpc: {}, overrides: {port: 9}}}}",
        "{timeout: {http: {maxStreamDuration: 0s}}}", "{proxyProtocol: {version: V1}}"})
    EXPECT_EQ(settings_of(cluster(text)), settings(text)) << text;
}

TEST(Settings, ThatSayTheSameAreOneCluster) {
  EXPECT_EQ(cluster("{circuitBreaker: {}}"), cluster("{circuitBreaker: {maxConnections: 1024}}"));
  EXPECT_EQ(
      cluster("{retry: {}, timeout: {http: {requestTimeout: 1s}, tcp: {connectTimeout: 1s}}}"),
      cluster("{timeout: {tcp: {connectTimeout: 1000ms}}}"));
  EXPECT_NE(cluster("{circuitBreaker: {}}"), cluster("{circuitBreaker: {maxConnections: 1}}"));
}

TEST(Settings, ThatAClusterDoesNotKnowMakeNone) {
  for (const char* text : {"{}", "{retry: {numRetries: 5}}",
                           "{timeout: {http: {requestTimeout: 1s, streamIdleTimeout: 1s}}}"}) {
    EXPECT_EQ(cluster(text).text(), "service/n/s/80") << text;
    EXPECT_EQ(settings_of(cluster(text)), std::nullopt);
  }
}

TEST(Settings, AreInTheNameOfAGroupAndNotOfItsMembers) {
  ClusterRef group =
      join({{{.object = {"n", "a"}, .port = 1}}, {{.object = {"n", "b"}, .port = 2}}});
  group.settings = cluster("{tcpKeepalive: {}}").settings;
  EXPECT_EQ(group.text().substr(0, 52),
            "group/1*service/n/a/1,1*service/n/b/2/settings/" + group.text().substr(47, 5));
  EXPECT_EQ(members_of(group)[1].ref.text(), "service/n/b/2");
}

}  // namespace
}  // namespace limen::translate
