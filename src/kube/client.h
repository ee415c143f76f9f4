// A client of one API server.  A thread of its own does the network's work; everything that is
// learned is told on the event loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "kube/backoff.h"
#include "kube/config.h"
#include "kube/request.h"

namespace limen::kube {

struct ClientSettings {
  BackoffSettings backoff;
  int page_size = 500;                       // objects a page of a list
  std::chrono::seconds watch_lifetime{300};  // up to twice as much; then it is begun anew
  // A watch that says nothing for so long is taken for dead.  The API server says something
  // (a bookmark) about every minute.
  std::chrono::milliseconds watch_idle{150'000};
  size_t longest_event = 16u << 20;  // bytes
  // How long a kind that the API server does not know is left alone: doubles from first to longest.
  BackoffSettings absent{std::chrono::seconds(1), std::chrono::seconds(15)};
  // After this an empty list is believed where there were objects before.
  std::chrono::milliseconds doubt{5'000};
  int connections = 8;  // for requests that are no watches
};

struct ObjectEvent {
  bool deleted = false;
  Json object;  // with apiVersion and kind
};

// A piece of what a Follow sees, in order.  A list's pieces are not its whole: what was not seen
// between `list_begins` and `list_ends` does not exist any more.
struct Delivery {
  bool list_begins = false;
  std::vector<ObjectEvent> events;
  bool list_ends = false;
};

// One kind to be followed by list and watch.
struct Follow {
  Resource resource;                  // its version is the first to try
  std::vector<std::string> versions;  // that will do, best first
  std::string kind;                   // built-in kinds' lists don't say it at each object
  std::string name_space;             // "": all
  std::string field_selector, label_selector;
  int64_t known = 0;  // objects that were there before: an empty list is doubted
  // An error never looks like an empty list: nothing is delivered.  A kind that the API server does
  // not know is an empty list.
  std::function<void(Delivery)> take;
};

class Client {
 public:
  Client(Config config, ClientSettings settings, EventLoop& loop);
  ~Client();  // nothing is told any more
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Calls back once.
  void send(Request request, std::function<void(Answer)> done);

  // For the client's life.  The next piece comes when `take` has returned.
  void follow(Follow follow);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace limen::kube
