#include "ctl/uptake.h"

#include <algorithm>

namespace limen::ctl {
namespace {

constexpr std::chrono::seconds kPatience{30};  // an Envoy may have to start first

bool counts(const xds::ResourceChange& change) {
  return change.resource != nullptr && (change.type == xds::ResourceType::kRouteConfiguration ||
                                        change.type == xds::ResourceType::kListener);
}

}  // namespace

void Uptake::await(const std::vector<xds::ResourceChange>& changes, Done done) {
  Wait& wait = waits_.emplace_back();
  wait.done = std::move(done);
  for (const xds::ResourceChange& change : changes) {
    if (counts(change))
      wait.versions[{change.proxy, change.type, change.name}].hash = change.resource->hash;
  }
  if (wait.versions.empty()) {
    end(loop_, wait, Error{"no listener can show it"});
    waits_.pop_back();
    return;
  }
  wait.timer = loop_.after(kPatience, [this, it = std::prev(waits_.end())] {
    Status status;
    if (!is_over(*it, false)) status = Error{"no Envoy has taken the answer in"};
    end(loop_, *it, std::move(status));
    waits_.erase(it);
  });
}

void Uptake::see(const std::vector<xds::ResourceChange>& changes) {
  for (const xds::ResourceChange& change : changes) {
    if (!counts(change)) continue;
    for (Wait& wait : waits_) {
      const auto it = wait.versions.find({change.proxy, change.type, change.name});
      if (it != wait.versions.end()) it->second = {change.resource->hash, {}};
    }
  }
}

void Uptake::see(const xds::AnswerReport& report) {
  if (waits_.empty()) return;
  for (const auto& [name, hash] : report.answer.resources) {
    if (report.answer.refuses(name)) continue;
    for (Wait& wait : waits_) {
      const auto it = wait.versions.find({report.proxy, report.answer.type, name});
      if (it != wait.versions.end() && it->second.hash == hash)
        it->second.nodes.insert(report.node);
    }
  }
  settle();
}

bool Uptake::is_over(const Wait& wait, bool patient) const {
  return std::all_of(wait.versions.begin(), wait.versions.end(), [&](const auto& each) {
    const size_t wanted = patient ? streams_(std::get<0>(each.first)) : 1;
    return each.second.nodes.size() >= std::max<size_t>(wanted, 1);
  });
}

void Uptake::settle() {
  for (auto it = waits_.begin(); it != waits_.end();) {
    if (is_over(*it, true)) {
      loop_.cancel(it->timer);
      end(loop_, *it, {});
      it = waits_.erase(it);
    } else {
      ++it;
    }
  }
}

void Uptake::end(EventLoop& loop, Wait& wait, Status status) {
  loop.post([done = std::move(wait.done), status = std::move(status)] { done(status); });
}

}  // namespace limen::ctl
