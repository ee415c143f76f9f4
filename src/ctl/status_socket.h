// The unix socket between `limen run` and `limen status` or `limen confirm`: who connects says what
// it wants in one line ("status", "confirm"), and is sent one JSON text.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"

namespace limen::ctl {

std::string status_socket_of(const std::string& state_dir);

// Answers on the event loop's thread; a client that reads slowly holds up nobody.
class StatusSocket {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  StatusSocket(EventLoop& loop, Answer answer) : loop_(loop), answer_(std::move(answer)) {}
  ~StatusSocket();
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

  Status listen(
      const std::string& path);  // mode 0600; replaces what a Limen that is gone left there

 private:
  struct Client {
    UniqueFd socket;
    uint64_t timer = 0;
  };

  void accept();
  void take_request(int fd);
  void drop(int fd);

  EventLoop& loop_;
  Answer answer_;
  UniqueFd socket_;
  std::map<int, Client> clients_;  // that have not said yet what they want
};

// The client's side.
Result<std::string> ask_status_socket(const std::string& path, const std::string& request);

}  // namespace limen::ctl
