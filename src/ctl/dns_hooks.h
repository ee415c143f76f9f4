// DNS-01 (RFC 8555, 8.4) by programs that the operator allows by name.  A program is run without a
// shell as
//   PROGRAM present _acme-challenge.shop.example.com VALUE
//   PROGRAM cleanup _acme-challenge.shop.example.com VALUE
// and ends when the TXT record can be seen, or is gone.  On the event loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "acme/solver.h"
#include "base/event_loop.h"

namespace limen::ctl {

class DnsHooks {
 public:
  using Programs = std::map<std::string, std::string>;  // name -> path

  DnsHooks(EventLoop& loop, Programs programs) : loop_(loop), programs_(std::move(programs)) {}
  ~DnsHooks();  // ends those that run
  DnsHooks(const DnsHooks&) = delete;
  DnsHooks& operator=(const DnsHooks&) = delete;

  void present(const acme::Challenge& challenge, std::function<void(Status)> in_force);
  void clean_up(const acme::Challenge& challenge);

 private:
  struct Run {
    int pid = 0, pid_fd = -1;
    uint64_t timer = 0;
    std::string what;
    std::function<void(Status)> done;
  };

  void run(const char* verb, const acme::Challenge& challenge, std::function<void(Status)> done);
  void take_end(int pid);

  EventLoop& loop_;
  const Programs programs_;
  std::map<int, Run> running_;  // by process
};

}  // namespace limen::ctl
