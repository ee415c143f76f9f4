// Requests of Limen's own to HTTP servers: discovery documents, ACME.  A thread does the network's
// work; answers are told on the event loop's thread.  Redirects are not followed, there are no
// cookies, no proxies and no unverified TLS unless it is asked for.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"

namespace limen::http {

struct Header {
  std::string name, value;
  bool operator==(const Header&) const = default;
};

struct Request {
  std::string method = "GET";
  std::string url = {};              // http: or https:
  std::vector<Header> headers = {};  // besides Host, User-Agent and Content-Length
  std::string body = {};
  std::string authorities =
      {};              // PEM that the server's certificate is verified by; "": the system's
  bool verify = true;  // false: whoever answers is believed
  std::chrono::milliseconds patience{10'000};  // for all of it
  size_t longest_body = 1u << 20;              // bytes; a longer answer is an error
};

struct Response {
  int status = 0;
  std::vector<Header> headers;  // in the server's order
  std::string body;

  // The first one's value, by its name in any case; "": there is none.
  std::string_view header(std::string_view name) const;
};

class Client {
 public:
  using Done = std::function<void(Result<Response>)>;

  explicit Client(EventLoop& loop);
  ~Client();  // nothing is told any more
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Calls back once, never before it returns.  Any status is an answer; an error says what kept one
  // from coming, and names the server.
  void send(Request request, Done done);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace limen::http
