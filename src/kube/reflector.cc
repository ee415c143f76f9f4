#include "kube/reflector.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <random>

#include "base/json_text.h"
#include "kube/line_splitter.h"

namespace limen::kube {
namespace {

constexpr int kNotFound = 404, kGone = 410;
// A watch that ends sooner, and without an event, is not begun again at once.
constexpr std::chrono::seconds kShortWatch{2};

std::string selectors(const Follow& follow) {
  std::string query;
  if (!follow.field_selector.empty())
    query += "&fieldSelector=" + query_escape(follow.field_selector);
  if (!follow.label_selector.empty())
    query += "&labelSelector=" + query_escape(follow.label_selector);
  return query;
}

std::string_view version_of(const Json& object) {
  const Json* metadata = object.find("metadata");
  return metadata == nullptr ? "" : metadata->text("resourceVersion");
}

}  // namespace

Reflector::Reflector(Follow follow, const ClientSettings& settings, Endpoint& endpoint,
                     http::Post& post, boost::asio::io_context& io, Absentees& absentees)
    : follow_(std::move(follow)),
      settings_(settings),
      post_(post),
      io_(io),
      absentees_(absentees),
      session_(endpoint),
      backoff_(settings.backoff),
      absent_(settings.absent),
      objects_(follow_.known) {}

boost::asio::awaitable<void> Reflector::run() {
  for (;;) {
    const Listed listed = co_await list();
    if (listed == Listed::kAbsent) co_await await_definition();
    if (listed != Listed::kWhole) continue;
    while (co_await watch() == Watched::kGoesOn) {
    }
  }
}

boost::asio::awaitable<Reflector::Listed> Reflector::list() {
  for (const std::string& version : follow_.versions) {
    follow_.resource.version = version;
    if (co_await list_pages()) {
      absentees_.wake();
      absent_.reset();
      trouble_.over();
      co_return Listed::kWhole;
    }
    if (last_.status != kNotFound) {
      if (last_.status != kGone) co_await recover();  // kGone: the list took too long
      co_return Listed::kFailed;
    }
  }
  trouble_.over();
  const bool doubtful = co_await is_doubtful(0);
  if (doubtful) co_return Listed::kFailed;
  Delivery nothing{true, {}, true};
  co_await deliver(std::move(nothing));
  objects_ = 0;
  co_return Listed::kAbsent;
}

boost::asio::awaitable<bool> Reflector::list_pages() {
  std::string next;
  int64_t objects = 0;
  for (bool first = true; first || !next.empty(); first = false) {
    const Request request = list_request(next);
    last_ = co_await session_.exchange(request);
    if (!last_.ok()) co_return false;
    Delivery page;
    page.list_begins = first;
    if (Json* items = last_.body.find("items"); items != nullptr && items->is_array()) {
      for (Json& item : items->as_array()) page.events.push_back(event_of(std::move(item), false));
    }
    objects += static_cast<int64_t>(page.events.size());
    const Json* metadata = last_.body.find("metadata");
    next = metadata == nullptr ? "" : metadata->text("continue");
    version_ = version_of(last_.body);
    last_.body = {};
    page.list_ends = next.empty();
    if (page.list_ends) {
      const bool doubtful = co_await is_doubtful(objects);
      if (doubtful) co_return false;
    }
    co_await deliver(std::move(page));
  }
  objects_ = objects;
  // What many pages needed for a moment goes back to the system.
  if (objects > settings_.page_size) ::malloc_trim(0);
  co_return true;
}

// Whether an empty list is not to be believed yet.  Then it has waited.
boost::asio::awaitable<bool> Reflector::is_doubtful(int64_t objects) {
  const bool doubtful = objects == 0 && objects_ > 0 && !doubted_;
  doubted_ = doubtful;
  if (!doubtful) co_return false;
  log::warn("kube", "{}: the API server has none of {} any more; asking again in {} s", name(),
            objects_, std::chrono::duration<double>(settings_.doubt).count());
  co_await http::pause(io_, settings_.doubt);
  last_ = {};
  last_.status = kGone;
  co_return true;
}

boost::asio::awaitable<void> Reflector::await_definition() {
  const auto timer = std::make_shared<boost::asio::steady_timer>(io_, absent_.next());
  absentees_.add(timer);
  boost::system::error_code ignored;
  co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

// After what went wrong: waits, and says so where that is of use (410 is everyday).
boost::asio::awaitable<void> Reflector::recover() {
  if (!last_.ok() && last_.status != kGone && trouble_.is_news(last_)) warn(last_.message);
  const Milliseconds wait = backoff_.next();
  co_await http::pause(io_, std::max(wait, last_.retry_after));
}

boost::asio::awaitable<Reflector::Watched> Reflector::watch() {
  const auto begin = std::chrono::steady_clock::now();
  const std::string before = version_;
  const Request request = watch_request();
  last_ = co_await session_.begin(request);
  Watched watched = Watched::kGoesOn;
  if (last_.ok()) watched = co_await read_events();
  if (last_.status == kGone || last_.status == kNotFound) watched = Watched::kStale;
  const bool lasted = std::chrono::steady_clock::now() - begin > kShortWatch || version_ != before;
  if (lasted) {
    backoff_.reset();
    trouble_.over();
  }
  if (!last_.ok() || !lasted) session_.close();
  if (!lasted) co_await recover();
  co_return watched;
}

boost::asio::awaitable<Reflector::Watched> Reflector::read_events() {
  LineSplitter splitter(settings_.longest_event);
  for (;;) {
    const Result<std::string_view> piece = co_await session_.read_some(settings_.watch_idle);
    if (!piece) {
      log::debug("kube", "{}: watch: {}", name(), piece.error().message);
      session_.close();
      co_return Watched::kGoesOn;
    }
    if (piece->empty()) co_return Watched::kGoesOn;
    Delivery delivery;
    if (!splitter.feed(*piece, [&](std::string_view line) { take_line(line, delivery); })) {
      last_.status = kGone;
      say(fmt::format("an event of more than {} bytes", settings_.longest_event));
    }
    if (!delivery.events.empty()) co_await deliver(std::move(delivery));
    if (last_.ok()) continue;
    session_.close();
    co_return last_.status == kGone ? Watched::kStale : Watched::kGoesOn;
  }
}

// One event of a watch.  Source: kind WatchEvent of meta/v1.
void Reflector::take_line(std::string_view line, Delivery& delivery) {
  if (!last_.ok()) return;  // an error ends a watch
  Result<Json> event = parse_json(line);
  Json* object = event ? event->find("object") : nullptr;
  if (object == nullptr) {
    last_ = {};
    last_.status = kGone;
    return say("an event that is none: " +
               (event ? std::string(line.substr(0, 100)) : event.error().message));
  }
  const std::string_view type = event->text("type");
  if (type == "ERROR") return take_error(*object);
  if (const std::string_view version = version_of(*object); !version.empty()) version_ = version;
  if (type == "ADDED") ++objects_;
  if (type == "DELETED") --objects_;
  if (type == "ADDED" || type == "MODIFIED" || type == "DELETED")
    delivery.events.push_back(event_of(std::move(*object), type == "DELETED"));
}

void Reflector::take_error(const Json& status) {
  const Json* code = status.find("code");
  last_ = read_answer(
      code != nullptr && code->is_integer() ? static_cast<int>(code->as_integer()) : 500,
      to_json(status));
  if (last_.ok()) last_.status = 500;
}

ObjectEvent Reflector::event_of(Json object, bool deleted) const {
  return {deleted, with_type(std::move(object), follow_.resource, follow_.kind)};
}

boost::asio::awaitable<void> Reflector::deliver(Delivery delivery) {
  // Named, and not made within the co_await: GCC 12 destroys what such a temporary captured twice.
  auto work = [take = follow_.take, shared = std::make_shared<Delivery>(std::move(delivery))] {
    take(std::move(*shared));
  };
  co_await post_.on_loop(std::move(work));
}

Request Reflector::list_request(const std::string& next) const {
  std::string path =
      fmt::format("{}?limit={}", follow_.resource.path(follow_.name_space), settings_.page_size);
  if (!next.empty()) path += "&continue=" + query_escape(next);
  path += selectors(follow_);
  return {"GET", std::move(path), "", ""};
}

Request Reflector::watch_request() {
  static thread_local std::minstd_rand random{std::random_device()()};
  const int64_t least = settings_.watch_lifetime.count();
  std::uniform_int_distribution<int64_t> lifetime(least, 2 * least);
  std::string path = fmt::format(
      "{}?watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
      follow_.resource.path(follow_.name_space), query_escape(version_), lifetime(random));
  path += selectors(follow_);
  Request request{"GET", std::move(path), "", ""};
  request.patience = std::min(request.patience, settings_.watch_idle);
  return request;
}

std::string Reflector::name() const {
  return follow_.name_space.empty() ? follow_.kind
                                    : fmt::format("{} in {}", follow_.kind, follow_.name_space);
}

void Reflector::say(const std::string& trouble) {
  if (trouble_.is_news(trouble)) warn(trouble);
}

void Reflector::warn(const std::string& trouble) const {
  log::warn("kube", "{}: {}; what is known stays in force, and it is tried again", name(), trouble);
}

}  // namespace limen::kube
