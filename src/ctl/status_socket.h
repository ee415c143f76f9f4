// The unix socket between `limen run` and `limen status`: who connects is sent one JSON text.
#pragma once

#include <functional>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"

namespace limen::ctl {

std::string status_socket_of(const std::string& state_dir);

// Answers on the event loop's thread; a client that reads slowly holds up nobody.
class StatusSocket {
 public:
  StatusSocket(EventLoop& loop, std::function<std::string()> answer)
      : loop_(loop), answer_(std::move(answer)) {}
  ~StatusSocket();
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

  Status listen(
      const std::string& path);  // mode 0600; replaces what a Limen that is gone left there

 private:
  void accept();

  EventLoop& loop_;
  std::function<std::string()> answer_;
  UniqueFd socket_;
};

// The client's side.
Result<std::string> read_status_socket(const std::string& path);

}  // namespace limen::ctl
