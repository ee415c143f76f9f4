#include "kube/connection.h"

#include <fmt/format.h>
#include <netinet/tcp.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace limen::kube {
namespace {

namespace http = beast::http;
using asio::ip::tcp;

constexpr size_t kPieceBytes = 32 << 10;
constexpr uint32_t kHeadBytes = 64 << 10;

auto into(beast::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// A peer that is gone without a word is noticed after about half a minute.
void set_keepalive(tcp::socket& socket) {
  beast::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int fd = socket.native_handle();
  const auto set = [fd](int option, int value) {
    ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
  };
  set(TCP_KEEPIDLE, 15);
  set(TCP_KEEPINTVL, 5);
  set(TCP_KEEPCNT, 3);
  set(TCP_USER_TIMEOUT, 30'000);
}

// A number resolves to itself, without asking anyone.
asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(const Config& config) {
  beast::error_code error;
  const auto number = asio::ip::make_address(config.host, error);
  const auto port = static_cast<unsigned short>(std::atoi(config.port.c_str()));
  std::vector<tcp::endpoint> endpoints;
  if (!error) endpoints.emplace_back(number, port);
  if (!error) co_return endpoints;
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto found = co_await resolver.async_resolve(config.host, config.port, into(error));
  if (error) co_return Error{fmt::format("cannot find {}: {}", config.host, error.message())};
  for (const auto& each : found) endpoints.push_back(each.endpoint());
  co_return endpoints;
}

Milliseconds retry_after(const http::response_header<>& head) {
  const auto text = head[http::field::retry_after];
  return std::chrono::seconds(std::clamp(std::atoi(std::string(text).c_str()), 0, 3600));
}

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> TlsContexts::current() {
  const Result<std::string> ca = config_.ca.read(), certificate = config_.certificate.read(),
                            key = config_.key.read();
  for (const auto* each : {&ca, &certificate, &key}) {
    if (!*each) return each->error();
  }
  std::string made_of = *ca + '\n' + *certificate + '\n' + *key;
  if (context_ != nullptr && made_of == made_of_) return context_;

  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  context->set_verify_mode(asio::ssl::verify_peer);
  beast::error_code error;
  if (ca->empty())
    context->set_default_verify_paths(error);
  else
    context->add_certificate_authority(asio::buffer(*ca), error);
  if (error) return Error{fmt::format("{}: the authority: {}", config_.source, error.message())};
  if (!certificate->empty()) {
    context->use_certificate_chain(asio::buffer(*certificate), error);
    if (!error) context->use_private_key(asio::buffer(*key), asio::ssl::context::pem, error);
    if (error)
      return Error{fmt::format("{}: the client certificate: {}", config_.source, error.message())};
  }
  made_of_ = std::move(made_of);
  context_ = context;
  return context;
}

asio::awaitable<Result<std::unique_ptr<Connection>>> Connection::open(const Config& config,
                                                                      TlsContexts& contexts,
                                                                      Milliseconds patience) {
  const auto context = contexts.current();
  if (!context) co_return context.error();
  const auto executor = co_await asio::this_coro::executor;
  std::unique_ptr<Connection> connection(new Connection(config, *context, executor));
  const Status connected = co_await connection->connect(patience);
  if (!connected)
    co_return with_context(connected.error(), fmt::format("API server {}", config.authority()));
  co_return connection;
}

Error Connection::failed(const char* what, const beast::error_code& error) {
  usable_ = false;
  if (error == beast::error::timeout) return Error{fmt::format("{}: no answer in time", what)};
  return Error{fmt::format("{}: {}", what, error.message())};
}

asio::awaitable<Status> Connection::connect(Milliseconds patience) {
  const auto endpoints = co_await resolve(config_);
  if (!endpoints) co_return endpoints.error();
  beast::tcp_stream& socket = stream_.next_layer();
  beast::error_code error;
  socket.expires_after(patience);
  co_await socket.async_connect(*endpoints, into(error));
  if (error) co_return failed("cannot connect", error);
  set_keepalive(socket.socket());
  co_return co_await shake_hands();
}

// Within what is left of connect()'s patience.
asio::awaitable<Status> Connection::shake_hands() {
  const std::string& name = config_.tls_name.empty() ? config_.host : config_.tls_name;
  beast::error_code error;
  asio::ip::make_address(name, error);
  if (error)
    SSL_set_tlsext_host_name(stream_.native_handle(), name.c_str());  // RFC 6066: no numbers
  stream_.set_verify_callback(asio::ssl::host_name_verification(name));
  error = {};
  co_await stream_.async_handshake(asio::ssl::stream_base::client, into(error));
  if (!error) co_return Status();
  const long verdict = ::SSL_get_verify_result(stream_.native_handle());
  if (verdict != X509_V_OK) {
    usable_ = false;
    co_return Error{fmt::format("its certificate is not accepted for {}: {}", name,
                                ::X509_verify_cert_error_string(verdict))};
  }
  co_return failed("TLS handshake", error);
}

asio::awaitable<Result<Head>> Connection::ask(const Request& request) {
  const Result<std::string> token = config_.token.read();
  if (!token) co_return token.error();
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(config_.path + request.path);
  message.set(http::field::host, config_.authority());
  message.set(http::field::user_agent, "limen");
  message.set(http::field::accept, "application/json");
  if (!token->empty()) message.set(http::field::authorization, "Bearer " + *token);
  if (!request.content_type.empty()) message.set(http::field::content_type, request.content_type);
  message.body() = request.body;
  message.prepare_payload();

  beast::error_code error;
  stream_.next_layer().expires_after(request.patience);
  co_await http::async_write(stream_, message, into(error));
  if (error) co_return failed("cannot send", error);
  parser_.emplace();
  parser_->header_limit(kHeadBytes);
  parser_->body_limit(boost::none);  // bounded by who reads
  stream_.next_layer().expires_after(request.patience);
  co_await http::async_read_header(stream_, buffer_, *parser_, into(error));
  if (error) co_return failed("no answer", error);
  co_return Head{static_cast<int>(parser_->get().result_int()), retry_after(parser_->get())};
}

asio::awaitable<Result<std::string_view>> Connection::read_some(Milliseconds patience) {
  piece_.resize(kPieceBytes);
  while (!parser_->is_done()) {
    auto& body = parser_->get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    body.more = true;
    beast::error_code error;
    stream_.next_layer().expires_after(patience);
    co_await http::async_read_some(stream_, buffer_, *parser_, into(error));
    if (error && error != http::error::need_buffer)
      co_return failed("the answer was cut off", error);
    const size_t got = piece_.size() - body.size;
    if (got > 0) co_return std::string_view(piece_.data(), got);
  }
  usable_ = usable_ && parser_->keep_alive();
  parser_.reset();
  co_return std::string_view();
}

}  // namespace limen::kube
