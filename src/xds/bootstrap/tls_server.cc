#include "xds/bootstrap/tls_server.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/yaml.h"
#include "pki/identity.h"

namespace limen::xds {
namespace {

// Names of secrets, and of their files in `sds_folder` with ".json".
constexpr char kCertificate[] = "xds-certificate";
constexpr char kTrustedCa[] = "xds-trusted-ca";
constexpr char kToken[] = "xds-service-account-token";

// The values in braces are JSON, so no value can break out of its place.
constexpr char kTlsSocket[] = R"(
name: envoy.transport_sockets.tls
typed_config:
  "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
  common_tls_context:
    tls_params:
      tls_minimum_protocol_version: TLSv1_3
      tls_maximum_protocol_version: TLSv1_3
)";

constexpr char kCertificateParts[] = R"(
certificate_chain: {{filename: {certificate}}}
private_key: {{filename: {key}}}
)";

constexpr char kValidationParts[] = R"(
trusted_ca: {{filename: {ca}}}
match_typed_subject_alt_names:
- san_type: URI
  matcher: {{exact: {id}}}
)";

constexpr char kTokenFilters[] = R"(
- name: envoy.filters.http.credential_injector
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.credential_injector.v3.CredentialInjector
    overwrite: true
    credential:
      name: envoy.http.injected_credentials.generic
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.http.injected_credentials.generic.v3.Generic
        header_value_prefix: "Bearer "
        credential: {secret}
- name: envoy.filters.http.upstream_codec
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec
)";

std::string quoted(const std::string& text) { return to_json(Json(text)); }

Json parsed(const std::string& yaml) { return parse_yaml(yaml).at(0).value; }

std::string folder_of(const std::string& file) {
  return std::filesystem::path(file).parent_path().string();
}

Json certificate_parts(const ClientCertificate& it) {
  return parsed(fmt::format(kCertificateParts, fmt::arg("certificate", quoted(it.certificate_file)),
                            fmt::arg("key", quoted(it.key_file))));
}

Json validation_parts(const TlsServer& server) {
  return parsed(fmt::format(kValidationParts, fmt::arg("ca", quoted(server.ca_file)),
                            fmt::arg("id", quoted(pki::kXdsServerId))));
}

// An SdsSecretConfig.  Envoy reads the file, and what it names, again when something is moved into
// `watched`: a volume's files are links, and what the kubelet moves is the folder that they lead
// to.
Json sds_secret(const TlsServer& server, const std::string& name, const std::string& watched) {
  const Json file = Json::Object{{"path", server.sds_folder + "/" + name + ".json"},
                                 {"watched_directory", Json::Object{{"path", watched}}}};
  return Json::Object{
      {"name", name},
      {"sds_config", Json::Object{{"path_config_source", file}, {"resource_api_version", "V3"}}}};
}

// A DiscoveryResponse with one secret.
Json secret_file(const std::string& name, const char* member, Json value) {
  return Json::Object{
      {"resources",
       Json::Array{Json::Object{
           {"@type", "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"},
           {"name", name},
           {member, std::move(value)}}}}};
}

Json with_watched(Json value, const std::string& file) {
  value.set("watched_directory", Json::Object{{"path", folder_of(file)}});
  return value;
}

void add_certificates(const TlsServer& server, Json& context) {
  const bool once = server.sds_folder.empty();
  if (const auto* own = std::get_if<ClientCertificate>(&server.credential)) {
    if (once) {
      context.set("tls_certificates", Json::Array{certificate_parts(*own)});
    } else {
      context.set("tls_certificate_sds_secret_configs",
                  Json::Array{sds_secret(server, kCertificate, server.sds_folder)});
    }
  }
  if (once) {
    context.set("validation_context", validation_parts(server));
  } else {
    context.set("validation_context_sds_secret_config",
                sds_secret(server, kTrustedCa, server.sds_folder));
  }
}

}  // namespace

void use_tls(const TlsServer& server, Json& cluster) {
  Json socket = parsed(kTlsSocket);
  add_certificates(server, *socket.find("typed_config")->find("common_tls_context"));
  cluster.set("transport_socket", std::move(socket));
  const auto* token = std::get_if<BearerToken>(&server.credential);
  if (token == nullptr) return;
  const Json secret = sds_secret(server, kToken, folder_of(token->file));
  Json& options = cluster.find("typed_extension_protocol_options")->as_object().front().second;
  options.set("http_filters",
              parsed(fmt::format(kTokenFilters, fmt::arg("secret", to_json(secret)))));
}

std::map<std::string, Json> sds_files(const TlsServer& server) {
  std::map<std::string, Json> files;
  const auto add = [&](const std::string& name, const char* member, Json value) {
    files.emplace(name + ".json", secret_file(name, member, std::move(value)));
  };
  add(kTrustedCa, "validation_context", with_watched(validation_parts(server), server.ca_file));
  if (const auto* own = std::get_if<ClientCertificate>(&server.credential))
    add(kCertificate, "tls_certificate",
        with_watched(certificate_parts(*own), own->certificate_file));
  if (const auto* token = std::get_if<BearerToken>(&server.credential))
    add(kToken, "generic_secret",
        Json::Object{{"secret", Json::Object{{"filename", token->file}}}});
  return files;
}

}  // namespace limen::xds
