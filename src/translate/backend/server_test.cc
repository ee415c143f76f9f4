// Clusters for the servers of URLs.
#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <gtest/gtest.h>

#include "translate/backend/resolve.h"
#include "translate/backend/rules.h"

namespace limen::translate {
namespace {

namespace tls_v3 = envoy::extensions::transport_sockets::tls::v3;

class ServerCluster : public testing::Test {
 protected:
  ClusterRef ref_of(const char* url) {
    const ResolvedBackend server = resolve_server(world_, *parse_url(url));
    EXPECT_TRUE(server.verdict.ok) << server.verdict.message.view();
    return server.cluster;
  }

  envoy::config::cluster::v3::Cluster cluster_of(const char* url) {
    flow::Reads reads;
    envoy::config::cluster::v3::Cluster cluster;
    const ClusterRef ref = ref_of(url);
    EXPECT_EQ(build_endpoints(reads, world_, ref), nullptr);
    cluster.ParseFromString(xds::serialise(*build_cluster(reads, world_, ref)));
    return cluster;
  }

  tls_v3::UpstreamTlsContext tls_of_url(const char* url) {
    tls_v3::UpstreamTlsContext context;
    EXPECT_TRUE(cluster_of(url).transport_socket().typed_config().UnpackTo(&context));
    return context;
  }

  World world_{Options{}};
};

TEST_F(ServerCluster, IsSharedByAllUrlsOfTheServer) {
  EXPECT_EQ(ref_of("https://id.example.com/a"), ref_of("https://ID.example.com:443/b?c"));
  EXPECT_EQ(ref_of("https://id.example.com/a").text(), "https/id.example.com/443");
  EXPECT_NE(ref_of("http://id.example.com:443/a"), ref_of("https://id.example.com/a"));
  EXPECT_EQ(ref_of("http://id.example.com:443/a").text(), "http/id.example.com/443");
  EXPECT_EQ(ref_of("http://[::1]/a").text(), "http/::1/80");
}

TEST_F(ServerCluster, IsFoundByDns) {
  const auto cluster = cluster_of("http://id.example.com:8080/keys");
  EXPECT_EQ(cluster.name(), "http/id.example.com/8080");
  EXPECT_EQ(cluster.type(), envoy::config::cluster::v3::Cluster::STRICT_DNS);
  const auto& address = cluster.load_assignment().endpoints(0).lb_endpoints(0).endpoint().address();
  EXPECT_EQ(address.socket_address().address(), "id.example.com");
  EXPECT_EQ(address.socket_address().port_value(), 8080U);
  EXPECT_FALSE(cluster.has_transport_socket());
}

TEST_F(ServerCluster, OfHttpsProvesItsName) {
  const auto by_name = tls_of_url("https://id.example.com/keys");
  EXPECT_EQ(by_name.sni(), "id.example.com");
  const auto& context = by_name.common_tls_context().validation_context();
  EXPECT_EQ(context.trusted_ca().filename(), Options{}.system_cas);
  ASSERT_EQ(context.match_typed_subject_alt_names_size(), 1);
  EXPECT_EQ(context.match_typed_subject_alt_names(0).matcher().exact(), "id.example.com");
  const auto by_address = tls_of_url("https://192.0.2.1/keys");
  EXPECT_EQ(by_address.sni(), "");
  const auto& names = by_address.common_tls_context().validation_context();
  ASSERT_EQ(names.match_typed_subject_alt_names_size(), 1);
  EXPECT_EQ(names.match_typed_subject_alt_names(0).san_type(),
            tls_v3::SubjectAltNameMatcher::IP_ADDRESS);
}

TEST(ServerWithoutCas, IsNotTrusted) {
  Options options;
  options.system_cas = "";
  const World world(options);
  EXPECT_FALSE(resolve_server(world, *parse_url("https://id.example.com/")).verdict.ok);
  EXPECT_TRUE(resolve_server(world, *parse_url("http://id.example.com/")).verdict.ok);
}

}  // namespace
}  // namespace limen::translate
