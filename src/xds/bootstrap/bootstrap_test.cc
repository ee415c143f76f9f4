#include "xds/bootstrap/bootstrap.h"

#include <gtest/gtest.h>

#include "base/json_patch.h"

namespace limen::xds {
namespace {

std::string at(const Json& config, const std::string& pointer) {
  const Json* value = find_pointer(config, pointer);
  return value == nullptr ? "nothing" : to_json(*value);
}

BootstrapSettings in_a_pod(std::variant<ClientCertificate, BearerToken> credential,
                           const std::string& sds_folder) {
  return {"shop/web", "n", "/admin.sock",
          TlsServer{{"limen.limen-system.svc", 18000}, "/certs/ca.crt", credential, sds_folder}};
}

constexpr char kContext[] =
    "/static_resources/clusters/0/transport_socket/typed_config/common_tls_context";
constexpr char kFilters[] =
    "/static_resources/clusters/0/typed_extension_protocol_options/"
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions/http_filters";

TEST(Bootstrap, CertificatesAreReadOnceWithoutAnSdsFolder) {
  const Json config = make_bootstrap(in_a_pod(ClientCertificate{"/certs/a", "/certs/b"}, ""));
  const std::string context = kContext;
  EXPECT_EQ(at(config, context + "/tls_certificates/0/certificate_chain/filename"), "\"/certs/a\"");
  EXPECT_EQ(at(config, context + "/tls_certificate_sds_secret_configs"), "nothing");
  EXPECT_EQ(at(config, context + "/validation_context/match_typed_subject_alt_names/0/matcher"),
            R"({"exact":"spiffe://limen/xds"})");
}

TEST(Bootstrap, CertificatesAreFollowedThroughFiles) {
  const auto settings = in_a_pod(ClientCertificate{"/certs/tls.crt", "/certs/tls.key"}, "/sds");
  const Json config = make_bootstrap(settings);
  const std::string context = kContext;
  EXPECT_EQ(at(config, context + "/tls_certificates"), "nothing");
  EXPECT_EQ(at(config, context + "/validation_context"), "nothing");
  EXPECT_EQ(at(config, context + "/tls_certificate_sds_secret_configs/0/sds_config/"
                                 "path_config_source/path"),
            "\"/sds/xds-certificate.json\"");
  const auto files = sds_files(std::get<TlsServer>(settings.xds_server));
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(
      at(files.at("xds-certificate.json"), "/resources/0/tls_certificate/watched_directory/path"),
      "\"/certs\"");
  EXPECT_EQ(
      at(files.at("xds-trusted-ca.json"), "/resources/0/validation_context/watched_directory/path"),
      "\"/certs\"");
}

TEST(Bootstrap, ATokenStandsInForTheCertificate) {
  const auto settings = in_a_pod(BearerToken{"/var/run/secrets/xds/token"}, "/sds");
  const Json config = make_bootstrap(settings);
  EXPECT_EQ(at(config, std::string(kContext) + "/tls_certificate_sds_secret_configs"), "nothing");
  EXPECT_EQ(at(config, std::string(kFilters) + "/0/typed_config/credential/typed_config/credential/"
                                               "sds_config/path_config_source/watched_directory"),
            R"({"path":"/var/run/secrets/xds"})");
  EXPECT_EQ(at(config, std::string(kFilters) + "/1/name"), "\"envoy.filters.http.upstream_codec\"");
  const auto files = sds_files(std::get<TlsServer>(settings.xds_server));
  EXPECT_EQ(
      at(files.at("xds-service-account-token.json"), "/resources/0/generic_secret/secret/filename"),
      "\"/var/run/secrets/xds/token\"");
  EXPECT_FALSE(files.contains("xds-certificate.json"));
}

TEST(Bootstrap, PartsOfAPodAreThereOnDemand) {
  BootstrapSettings settings{"shop/web", "n", "/admin.sock", "/xds.sock"};
  EXPECT_EQ(at(make_bootstrap(settings), "/static_resources/listeners"), "nothing");
  EXPECT_EQ(at(make_bootstrap(settings), "/overload_manager/actions"), "nothing");
  settings.stats = Address{"0.0.0.0", 19001};
  settings.ready = Address{"0.0.0.0", 19003};
  settings.memory_limit = 1000;
  const Json config = make_bootstrap(settings);
  EXPECT_EQ(at(config, "/static_resources/listeners/0/name"),
            "\"envoy-gateway-proxy-stats-0.0.0.0-19001\"");
  EXPECT_EQ(at(config, "/static_resources/listeners/1/name"),
            "\"envoy-gateway-proxy-ready-0.0.0.0-19003\"");
  EXPECT_EQ(at(config, "/static_resources/listeners/1/bypass_overload_manager"), "true");
  EXPECT_EQ(at(config, "/static_resources/clusters/1/name"), "\"prometheus_stats\"");
  EXPECT_EQ(at(config, "/overload_manager/resource_monitors/1/typed_config/max_heap_size_bytes"),
            "800");
}

}  // namespace
}  // namespace limen::xds
