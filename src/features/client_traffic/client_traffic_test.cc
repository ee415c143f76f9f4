// What of a ClientTrafficPolicy Envoy would refuse is a problem that names its field; the rest
// becomes what Envoy knows.
#include "features/client_traffic.h"

#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <gtest/gtest.h>

namespace limen::features {
namespace {

std::vector<std::string> paths_of(const Problems& problems) {
  std::vector<std::string> paths;
  for (const Problem& problem : problems) paths.push_back(problem.path);
  return paths;
}
using Paths = std::vector<std::string>;

TEST(ClientTls, NamesOfOpenSslAndIanaAreOne) {
  api::ClientTlsSettings tls;
  tls.ciphers = {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", "ECDHE-RSA-AES256-SHA"};
  tls.ecdh_curves = {"prime256v1", "P-256", "X25519"};
  tls.signature_algorithms = {"RSA+SHA256", "rsa_pkcs1_sha256", "ed25519"};
  tls_v3::DownstreamTlsContext context;
  EXPECT_EQ(write_client_tls(tls, context), Problems());
  const auto& parameters = context.common_tls_context().tls_params();
  EXPECT_EQ(std::vector<std::string>(parameters.cipher_suites().begin(),
                                     parameters.cipher_suites().end()),
            (std::vector<std::string>{"AES128-SHA", "ECDHE-RSA-AES256-SHA"}));
  EXPECT_EQ(parameters.ecdh_curves_size(), 2);
  EXPECT_EQ(parameters.signature_algorithms_size(), 2);
  EXPECT_EQ(parameters.tls_minimum_protocol_version(), tls_v3::TlsParameters::TLSv1_2);
  EXPECT_EQ(parameters.tls_maximum_protocol_version(), tls_v3::TlsParameters::TLSv1_3);
}

TEST(ClientTls, UnknownNames) {
  api::ClientTlsSettings tls;
  tls.ciphers = {"AES128-SHA", ""};
  tls.ecdh_curves = {"P-224"};
  tls.signature_algorithms = {"rsa_pkcs1_md5_sha1"};
  tls_v3::DownstreamTlsContext context;
  EXPECT_EQ(
      paths_of(write_client_tls(tls, context)),
      (Paths{"spec.tls.ciphers[1]", "spec.tls.ecdhCurves[0]", "spec.tls.signatureAlgorithms[0]"}));
}

class ClientValidationTest : public testing::Test {
 protected:
  Paths write(const ClientTrust& trust) {
    return paths_of(write_client_validation(validation_, trust, context_));
  }

  api::ClientValidationContext validation_;
  tls_v3::CertificateValidationContext context_;
};

TEST_F(ClientValidationTest, Hashes) {
  const std::string digits(64, 'a');
  std::string colons = "Aa";
  for (int i = 0; i < 31; ++i) colons += ":0f";
  validation_.certificate_hashes = {digits, colons, digits + "a", std::string(64, 'g'), "aa"};
  validation_.spki_hashes = {"NvqYIYSbgK2vCJpQhObf77vv+bQWtc5ek5RIOwPiC9A=", "AAAA", digits};
  EXPECT_EQ(write({}), (Paths{"spec.tls.clientValidation.spkiHashes[1]",
                              "spec.tls.clientValidation.spkiHashes[2]",
                              "spec.tls.clientValidation.certificateHashes[2]",
                              "spec.tls.clientValidation.certificateHashes[3]",
                              "spec.tls.clientValidation.certificateHashes[4]"}));
}

TEST_F(ClientValidationTest, Names) {
  validation_.ca_certificate_refs.emplace_back();
  auto& names = validation_.subject_alt_names.emplace();
  names.uris = {{api::StringMatchType::kRegularExpression, "("}};
  for (const char* oid : {"1.2.3.4", "2.999", "1.40", "3.1", "1", "", "1..2", "1.02", "a.b"}) {
    names.other_names.emplace_back().oid = oid;
    names.other_names.back().value = "x";
  }
  const std::string other = "spec.tls.clientValidation.subjectAltNames.otherNames[";
  EXPECT_EQ(write({"a CA", ""}),
            (Paths{"spec.tls.clientValidation.subjectAltNames.uris[0]", other + "2].oid",
                   other + "3].oid", other + "4].oid", other + "5].oid", other + "6].oid",
                   other + "7].oid", other + "8].oid"}));
}

TEST_F(ClientValidationTest, SomethingMustBeCheckedBy) {
  EXPECT_EQ(write({}), Paths{"spec.tls.clientValidation"});
  validation_.mode = api::ClientValidationMode::kRequireAny;
  EXPECT_EQ(write({}), Paths());
  validation_.crl.emplace();
  EXPECT_EQ(write({}), Paths{"spec.tls.clientValidation.crl"});
  EXPECT_EQ(fields_without_effect(validation_), Paths{"spec.tls.clientValidation.crl"});
}

TEST(ClientHttp, WhatEnvoyWouldRefuse) {
  api::ClientTrafficPolicySpec spec;
  auto& headers = spec.headers.emplace();
  headers.early_request_headers.emplace().remove = {"a b"};
  headers.late_response_headers.emplace().remove_on_match = {
      {api::StringMatchType::kRegularExpression, "["}};
  headers.max_request_header_limit = "16Mi";
  spec.http2.emplace().initial_stream_window_size = 1;
  spec.http2->initial_connection_window_size = "1Mi";
  auto& address = spec.client_ip_detection.emplace().x_forwarded_for.emplace();
  address.trusted_cidrs = {"10.0.0.0/8", "10.0.0.0/33"};
  HttpConnectionManager manager;
  EXPECT_EQ(
      paths_of(write_client_http(spec, manager)),
      (Paths{"spec.clientIPDetection.xForwardedFor.trustedCIDRs[1]",
             "spec.http2.initialStreamWindowSize", "spec.headers.earlyRequestHeaders.remove[0]",
             "spec.headers.lateResponseHeaders.removeOnMatch[0]",
             "spec.headers.maxRequestHeaderLimit"}));
  EXPECT_EQ(manager.http2_protocol_options().initial_connection_window_size().value(), 1U << 20);
}

TEST(ClientSocket, WhatTheKernelWouldRefuse) {
  api::ClientTrafficPolicySpec spec;
  EXPECT_FALSE(is_about_socket(spec));
  auto& keepalive = spec.tcp_keepalive.emplace();
  keepalive.probes = 128;
  keepalive.idle_time = api::Duration{std::chrono::milliseconds(500)};
  keepalive.interval = api::Duration{std::chrono::seconds(30)};
  spec.connection.emplace().buffer_limit = "a lot";
  EXPECT_TRUE(is_about_socket(spec));
  envoy::config::listener::v3::Listener listener;
  EXPECT_EQ(paths_of(write_client_socket(spec, listener)),
            (Paths{"spec.tcpKeepalive.probes", "spec.tcpKeepalive.idleTime",
                   "spec.connection.bufferLimit"}));
  EXPECT_EQ(listener.socket_options_size(), 2);  // SO_KEEPALIVE, TCP_KEEPINTVL
}

}  // namespace
}  // namespace limen::features
