#include "kube/tls_contexts.h"

namespace limen::kube {

Result<std::shared_ptr<boost::asio::ssl::context>> TlsContexts::current() {
  const Result<std::string> ca = config_.ca.read(), certificate = config_.certificate.read(),
                            key = config_.key.read();
  for (const auto* each : {&ca, &certificate, &key}) {
    if (!*each) return each->error();
  }
  http::TlsParts parts{*ca, *certificate, *key};
  if (context_ != nullptr && parts == made_of_) return context_;
  const auto context = http::make_tls_context(parts);
  if (!context) return with_context(context.error(), config_.source);
  made_of_ = std::move(parts);
  context_ = *context;
  return context_;
}

}  // namespace limen::kube
