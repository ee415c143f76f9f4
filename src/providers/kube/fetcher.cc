#include "providers/kube/fetcher.h"

#include <fmt/format.h>

#include "base/log.h"

namespace limen::providers {
namespace {

constexpr int kNotFound = 404, kGone = 410;

kube::Request request_of(const Fetcher::Query& query, int page_size, const std::string& next) {
  std::string path = fmt::format("{}?limit={}", query.resource.path(query.name_space), page_size);
  if (!next.empty()) path += "&continue=" + kube::query_escape(next);
  if (!query.field_selector.empty())
    path += "&fieldSelector=" + kube::query_escape(query.field_selector);
  return {"GET", std::move(path), "", ""};
}

}  // namespace

void Fetcher::fetch(Query query, std::function<void(Json::Array)> page,
                    std::function<void()> done) {
  auto job = std::make_shared<Job>();
  job->query = std::move(query);
  job->page = std::move(page);
  job->done = std::move(done);
  waiting_.push_back(std::move(job));
  pump();
}

void Fetcher::pump() {
  while (!waiting_.empty() && under_way_ < kAtOnce) {
    const auto job = std::move(waiting_.front());
    waiting_.pop_front();
    ++under_way_;
    ask(job);
  }
}

void Fetcher::ask(const std::shared_ptr<Job>& job) {
  send_(request_of(job->query, kPageSize, job->next),
        [this, job](kube::Answer answer) { take(job, std::move(answer)); });
}

void Fetcher::take(const std::shared_ptr<Job>& job, kube::Answer answer) {
  if (!answer.ok() && answer.status != kNotFound) return retry(job, answer);
  job->next.clear();
  if (answer.ok()) {
    if (const Json* metadata = answer.body.find("metadata")) job->next = metadata->text("continue");
    if (Json* items = answer.body.find("items"); items != nullptr && items->is_array())
      job->page(std::move(items->as_array()));
  }
  if (!job->next.empty()) return ask(job);
  --under_way_;
  job->done();
  pump();
}

void Fetcher::retry(const std::shared_ptr<Job>& job, const kube::Answer& answer) {
  job->next.clear();
  if (answer.status == kGone) return ask(job);  // the pages took too long
  if (job->trouble.is_news(answer)) {
    log::warn("kube", "{}: {}; it is tried again", job->query.resource.plural, answer.message);
  }
  loop_.after(std::max(job->backoff.next(), answer.retry_after), [this, job] { ask(job); });
}

}  // namespace limen::providers
