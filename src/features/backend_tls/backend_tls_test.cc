#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <gtest/gtest.h>

#include "features/tls.h"

namespace limen::features {
namespace {

using envoy::extensions::transport_sockets::tls::v3::SubjectAltNameMatcher;
using envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext;

TEST(BackendTls, TheHostnameIsSniAndNameToCheck) {
  UpstreamTlsContext out;
  api::BackendTlsPolicyValidation validation;
  validation.hostname = "a.test";
  write_upstream_tls(validation, out);
  EXPECT_EQ(out.sni(), "a.test");
  const auto& context = out.common_tls_context().validation_context();
  ASSERT_EQ(context.match_typed_subject_alt_names_size(), 1);
  EXPECT_EQ(context.match_typed_subject_alt_names(0).san_type(), SubjectAltNameMatcher::DNS);
  EXPECT_EQ(context.match_typed_subject_alt_names(0).matcher().exact(), "a.test");
}

TEST(BackendTls, SubjectAltNamesTakeThePlaceOfTheHostname) {
  UpstreamTlsContext out;
  api::BackendTlsPolicyValidation validation;
  validation.hostname = "a.test";
  validation.subject_alt_names = {{api::SubjectAltNameType::kHostname, "b.test", {}},
                                  {api::SubjectAltNameType::kUri, {}, "spiffe://x/y"}};
  write_upstream_tls(validation, out);
  EXPECT_EQ(out.sni(), "a.test");
  const auto& context = out.common_tls_context().validation_context();
  ASSERT_EQ(context.match_typed_subject_alt_names_size(), 2);
  EXPECT_EQ(context.match_typed_subject_alt_names(0).matcher().exact(), "b.test");
  EXPECT_EQ(context.match_typed_subject_alt_names(1).san_type(), SubjectAltNameMatcher::URI);
  EXPECT_EQ(context.match_typed_subject_alt_names(1).matcher().exact(), "spiffe://x/y");
}

TEST(BackendTls, TheSniOfABackendIsTheNameToCheck) {
  UpstreamTlsContext out;
  api::BackendTlsSettings tls;
  tls.sni = "a.test";
  write_upstream_tls(tls, out);
  EXPECT_EQ(out.sni(), "a.test");
  const auto& context = out.common_tls_context().validation_context();
  ASSERT_EQ(context.match_typed_subject_alt_names_size(), 1);
  EXPECT_EQ(context.match_typed_subject_alt_names(0).matcher().exact(), "a.test");
}

TEST(BackendTls, EndpointsHostnamesAreChecked) {
  UpstreamTlsContext out;
  api::BackendTlsSettings tls;
  tls.auto_sni_from_endpoint_hostname = true;
  write_upstream_tls(tls, out);
  EXPECT_TRUE(out.auto_host_sni() && out.auto_sni_san_validation());
  EXPECT_EQ(out.sni(), "");
}

TEST(BackendTls, NothingIsCheckedWhereTheBackendSaysSo) {
  for (const bool by_endpoint : {false, true}) {
    UpstreamTlsContext out;
    api::BackendTlsSettings tls;
    tls.insecure_skip_verify = true;
    if (by_endpoint)
      tls.auto_sni_from_endpoint_hostname = true;
    else
      tls.sni = "a.test";
    write_upstream_tls(tls, out);
    EXPECT_EQ(out.sni(), by_endpoint ? "" : "a.test");
    EXPECT_EQ(out.auto_host_sni(), by_endpoint);
    EXPECT_FALSE(out.auto_sni_san_validation());
    EXPECT_FALSE(out.common_tls_context().has_validation_context());
  }
}

}  // namespace
}  // namespace limen::features
