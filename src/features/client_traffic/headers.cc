#include <envoy/extensions/filters/http/header_mutation/v3/header_mutation.pb.h>
#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>
#include <envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.pb.h>
#include <fmt/format.h>

#include "features/client_traffic/http.h"
#include "features/escaped.h"
#include "features/features.h"
#include "features/string_match.h"

namespace limen::features {
namespace {

using envoy::config::common::mutation_rules::v3::HeaderMutation;
using Mutations = google::protobuf::RepeatedPtrField<HeaderMutation>;
using Append = envoy::config::core::v3::HeaderValueOption;
using Hcm = HttpConnectionManager;

class Writer {
 public:
  Writer(std::string path, Mutations& out, Problems& problems)
      : path_(std::move(path)), out_(out), problems_(problems) {}

  void write(const api::EnvoyHeaderFilter& filter) {
    write_list("set", filter.set, Append::OVERWRITE_IF_EXISTS_OR_ADD);
    write_list("add", filter.add, Append::APPEND_IF_EXISTS_OR_ADD);
    write_list("addIfAbsent", filter.add_if_absent, Append::ADD_IF_ABSENT);
    for (size_t i = 0; i < filter.remove.size(); ++i) {
      check_name(filter.remove[i], "remove", i);
      out_.Add()->set_remove(filter.remove[i]);
    }
    for (size_t i = 0; i < filter.remove_on_match.size(); ++i) {
      auto& matcher = *out_.Add()->mutable_remove_on_match()->mutable_key_matcher();
      const std::string mistake = write_string_match(filter.remove_on_match[i], matcher);
      if (!mistake.empty()) add("removeOnMatch", i, mistake);
    }
  }

 private:
  void write_list(const char* field, const std::vector<api::HttpHeader>& headers,
                  Append::HeaderAppendAction action) {
    for (size_t i = 0; i < headers.size(); ++i) {
      check_name(headers[i].name, field, i);
      Append& append = *out_.Add()->mutable_append();
      append.mutable_header()->set_key(headers[i].name);
      append.mutable_header()->set_value(escaped(headers[i].value));
      append.set_append_action(action);
      append.set_keep_empty_value(true);
    }
  }

  void check_name(const std::string& name, const char* field, size_t index) {
    if (!is_header_name(name)) add(field, index, fmt::format("'{}' is no header name", name));
  }

  void add(const char* field, size_t index, const std::string& message) {
    problems_.push_back({"Invalid", fmt::format("{}.{}[{}]", path_, field, index), message});
  }

  const std::string path_;
  Mutations& out_;
  Problems& problems_;
};

void write_early(const api::EnvoyHeaderFilter& filter, Hcm& out, Problems& problems) {
  envoy::extensions::http::early_header_mutation::header_mutation::v3::HeaderMutation early;
  Writer("spec.headers.earlyRequestHeaders", *early.mutable_mutations(), problems).write(filter);
  auto& extension = *out.add_early_header_mutation_extensions();
  extension.set_name("envoy.http.early_header_mutation.header_mutation");
  extension.mutable_typed_config()->PackFrom(early);
}

void write_late(const api::EnvoyHeaderFilter& filter, Hcm& out, Problems& problems) {
  envoy::extensions::filters::http::header_mutation::v3::HeaderMutation late;
  Writer("spec.headers.lateResponseHeaders",
         *late.mutable_mutations()->mutable_response_mutations(), problems)
      .write(filter);
  add_first_filter("envoy.filters.http.header_mutation/late", late, out);
}

void write_certificate(const api::XForwardedClientCert& header, Hcm& out) {
  using Mode = api::ForwardClientCertMode;
  switch (header.mode.value_or(Mode::kSanitize)) {
    case Mode::kSanitize: out.set_forward_client_cert_details(Hcm::SANITIZE); break;
    case Mode::kForwardOnly: out.set_forward_client_cert_details(Hcm::FORWARD_ONLY); break;
    case Mode::kAppendForward: out.set_forward_client_cert_details(Hcm::APPEND_FORWARD); break;
    case Mode::kSanitizeSet: out.set_forward_client_cert_details(Hcm::SANITIZE_SET); break;
    case Mode::kAlwaysForwardOnly:
      out.set_forward_client_cert_details(Hcm::ALWAYS_FORWARD_ONLY);
      break;
  }
  for (const api::ClientCertDetail detail : header.cert_details_to_add) {
    auto& details = *out.mutable_set_current_client_cert_details();
    switch (detail) {
      case api::ClientCertDetail::kSubject: details.mutable_subject()->set_value(true); break;
      case api::ClientCertDetail::kCert: details.set_cert(true); break;
      case api::ClientCertDetail::kChain: details.set_chain(true); break;
      case api::ClientCertDetail::kDns: details.set_dns(true); break;
      case api::ClientCertDetail::kUri: details.set_uri(true); break;
    }
  }
}

void write_request_id(api::RequestIdAction action, Hcm& out) {
  using enum api::RequestIdAction;
  out.mutable_generate_request_id()->set_value(action == kPreserveOrGenerate ||
                                               action == kGenerate);
  out.set_preserve_external_request_id(action == kPreserveOrGenerate || action == kPreserve);
}

void write_underscores(api::UnderscoresAction action, Hcm& out) {
  using Options = envoy::config::core::v3::HttpProtocolOptions;
  const auto chosen = action == api::UnderscoresAction::kAllow        ? Options::ALLOW
                      : action == api::UnderscoresAction::kDropHeader ? Options::DROP_HEADER
                                                                      : Options::REJECT_REQUEST;
  out.mutable_common_http_protocol_options()->set_headers_with_underscores_action(chosen);
}

}  // namespace

void write_client_headers(const api::HeaderSettings& headers, Hcm& out, Problems& problems) {
  if (headers.x_forwarded_client_cert) write_certificate(*headers.x_forwarded_client_cert, out);
  if (headers.with_underscores_action) write_underscores(*headers.with_underscores_action, out);
  if (headers.preserve_x_request_id.value_or(false)) out.set_preserve_external_request_id(true);
  if (headers.request_id) write_request_id(*headers.request_id, out);
  if (headers.host)
    out.set_strip_trailing_host_dot(headers.host->strip_trailing_host_dot.value_or(false));
  if (headers.early_request_headers) write_early(*headers.early_request_headers, out, problems);
  if (headers.late_response_headers) write_late(*headers.late_response_headers, out, problems);
}

}  // namespace limen::features
