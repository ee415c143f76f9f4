#include "http/client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <optional>
#include <thread>

namespace limen::http {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;

// A server that takes one connection, reads a request's head and says `words`; then it hangs up,
// or is silent until the client does.
class OneAnswer {
 public:
  explicit OneAnswer(std::string words, bool hangs_up = true)
      : acceptor_(io_, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)),
        thread_([this, words = std::move(words), hangs_up] { serve(words, hangs_up); }) {}
  ~OneAnswer() { thread_.join(); }

  std::string url() const {
    return fmt::format("http://127.0.0.1:{}/path?x=1", acceptor_.local_endpoint().port());
  }
  void wait_until_asked() { asked_.get_future().wait(); }
  // REQUIRES: it was answered.
  const std::string& head() const { return head_; }

 private:
  void serve(const std::string& words, bool hangs_up) {
    tcp::socket socket = acceptor_.accept();
    boost::system::error_code error;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(head_), "\r\n\r\n", error);
    asked_.set_value();
    boost::asio::write(socket, boost::asio::buffer(words), error);
    if (!hangs_up) socket.wait(tcp::socket::wait_read, error);
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::string head_;
  std::promise<void> asked_;
  std::thread thread_;
};

Result<Response> ask(Request request) {
  EventLoop loop;
  Client client(loop);
  std::optional<Result<Response>> answer;
  client.send(std::move(request), [&](Result<Response> response) {
    answer = std::move(response);
    loop.stop();
  });
  loop.run();
  return *answer;
}

TEST(HttpClientTest, ReadsAnAnswer) {
  OneAnswer server("HTTP/1.1 201 Created\r\nReplay-Nonce: abc\r\ncontent-length: 5\r\n\r\nhello");
  const auto response =
      ask({.method = "POST", .url = server.url(), .headers = {{"X-A", "b"}}, .body = "body"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->header("replay-nonce"), "abc");
  EXPECT_EQ(response->header("other"), "");
  EXPECT_EQ(response->body, "hello");
  EXPECT_THAT(server.head(), HasSubstr("POST /path?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.head(), HasSubstr("X-A: b\r\n"));
  EXPECT_THAT(server.head(), HasSubstr("Content-Length: 4\r\n"));
}

TEST(HttpClientTest, ReadsAnswersInPiecesAndToTheEndOfTheConnection) {
  OneAnswer chunked(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(ask({.url = chunked.url()})->body, "abcde");
  OneAnswer to_the_end("HTTP/1.0 200 OK\r\n\r\nabc");
  EXPECT_EQ(ask({.url = to_the_end.url()})->body, "abc");
}

TEST(HttpClientTest, AHeadRequestHasNoBody) {
  OneAnswer server("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", false);
  const auto response = ask({.method = "HEAD", .url = server.url()});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "");
}

TEST(HttpClientTest, RefusesALongBody) {
  OneAnswer server("HTTP/1.1 200 OK\r\n\r\n" + std::string(100, 'x'));
  EXPECT_THAT(ask({.url = server.url(), .longest_body = 99}).error().message,
              HasSubstr("an answer of more than 99 bytes"));
}

TEST(HttpClientTest, AnAnswerThatIsCutOffIsAnError) {
  OneAnswer body("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel");
  EXPECT_THAT(ask({.url = body.url()}).error().message, HasSubstr("the answer was cut off"));
  OneAnswer head("HTTP/1.1 200 OK\r\ncontent-le");
  EXPECT_THAT(ask({.url = head.url()}).error().message, HasSubstr("no answer"));
}

TEST(HttpClientTest, DoesNotWaitForEver) {
  OneAnswer silent("", false);
  EXPECT_THAT(ask({.url = silent.url(), .patience = std::chrono::milliseconds(50)}).error().message,
              HasSubstr("no answer in time"));
  OneAnswer stops("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", false);
  EXPECT_FALSE(ask({.url = stops.url(), .patience = std::chrono::milliseconds(50)}));
}

TEST(HttpClientTest, SaysWhatKeptAnAnswerFromComing) {
  EXPECT_THAT(ask({.url = "http://127.0.0.1:1/"}).error().message,
              HasSubstr("127.0.0.1:1: cannot connect"));
  EXPECT_THAT(ask({.url = "nonsense"}).error().message, HasSubstr("no URL of http or https"));
  OneAnswer no_http("220 mail.example ESMTP\r\n\r\n");
  EXPECT_FALSE(ask({.url = no_http.url()}));
  OneAnswer no_tls("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_THAT(
      ask({.url = "https" + no_tls.url().substr(4), .patience = std::chrono::milliseconds(100)})
          .error()
          .message,
      HasSubstr("TLS handshake"));
  EXPECT_THAT(ask({.url = "https://127.0.0.1:1/", .authorities = "no PEM"}).error().message,
              HasSubstr("the authority"));
}

TEST(HttpClientTest, AClientThatIsGoneTellsNothing) {
  OneAnswer silent("", false);
  EventLoop loop;
  {
    Client client(loop);
    client.send({.url = silent.url()}, [](const Result<Response>&) { FAIL(); });
    silent.wait_until_asked();
  }
  // The server's thread ends because the connection was closed.
  loop.after(std::chrono::milliseconds(1), [&] { loop.stop(); });
  loop.run();
}

}  // namespace
}  // namespace limen::http
