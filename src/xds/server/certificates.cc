#include "xds/server/certificates.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

namespace limen::xds {
namespace {

grpc_ssl_certificate_config_reload_status fetch(void* held,
                                                grpc_ssl_server_certificate_config** config) {
  const bool is_new = static_cast<Certificates*>(held)->take_new([&](const TlsIdentity& identity) {
    const grpc_ssl_pem_key_cert_pair pair{identity.key.c_str(), identity.certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(identity.trusted_cas.c_str(), &pair, 1);
  });
  return is_new ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW
                : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
}

// gRPC's C++ has providers of fixed certificates and of files; its C API has this.
class FetchedCredentials : public grpc::ServerCredentials {
 public:
  explicit FetchedCredentials(grpc_server_credentials* credentials) : credentials_(credentials) {}
  ~FetchedCredentials() override { grpc_server_credentials_release(credentials_); }
  FetchedCredentials(const FetchedCredentials&) = delete;
  FetchedCredentials& operator=(const FetchedCredentials&) = delete;

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* credentials_;
};

}  // namespace

void Certificates::set(TlsIdentity identity) {
  const std::lock_guard lock(mutex_);
  if (identity == identity_) return;
  identity_ = std::move(identity);
  is_new_ = true;
}

std::shared_ptr<grpc::ServerCredentials> tls_credentials(Certificates& certificates,
                                                         ClientCertificates clients) {
  auto* options = grpc_ssl_server_credentials_create_options_using_config_fetcher(
      clients == ClientCertificates::kRequired
          ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
          : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY,
      fetch, &certificates);
  return std::make_shared<FetchedCredentials>(
      grpc_ssl_server_credentials_create_with_options(options));
}

}  // namespace limen::xds
