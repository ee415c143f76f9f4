#include <envoy/extensions/transport_sockets/tls/v3/tls.pb.h>
#include <gtest/gtest.h>

#include "features/features.h"

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

}  // namespace
}  // namespace limen::features
