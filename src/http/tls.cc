#include "http/tls.h"

namespace limen::http {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<ssl::context>> make_tls_context(const TlsParts& parts) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  context->set_verify_mode(parts.verify ? ssl::verify_peer : ssl::verify_none);
  boost::system::error_code error;
  if (parts.authorities.empty())
    context->set_default_verify_paths(error);
  else
    context->add_certificate_authority(boost::asio::buffer(parts.authorities), error);
  if (error) return Error{"the authority: " + error.message()};
  if (parts.certificate.empty()) return context;
  context->use_certificate_chain(boost::asio::buffer(parts.certificate), error);
  if (!error) context->use_private_key(boost::asio::buffer(parts.key), ssl::context::pem, error);
  if (error) return Error{"the client certificate: " + error.message()};
  return context;
}

}  // namespace limen::http
