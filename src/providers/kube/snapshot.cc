#include "providers/kube/snapshot.h"

#include <fmt/format.h>

#include <filesystem>

#include "api/objects.h"
#include "base/hash.h"
#include "base/json_text.h"
#include "base/log.h"

namespace limen::providers {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kLargest = 1u << 30;  // bytes

Json head_of(const std::string& server, const std::string& text) {
  Json head{Json::Object{}};
  head.set("format", kFormat);
  head.set("server", server);
  head.set("bytes", static_cast<int64_t>(text.size()));
  head.set("hash", fmt::format("{:016x}", hash_bytes(text)));
  return head;
}

}  // namespace

Status write_snapshot(const std::string& file, const std::string& server,
                      const std::vector<api::AnyObject>& objects) {
  std::string text;
  for (const api::AnyObject& object : objects) text += to_json(api::emit_object(object)) + "\n";
  return write_file(file, to_json(head_of(server, text)) + "\n" + text, 0600);
}

Result<std::vector<Json>> read_snapshot(const std::string& file, const std::string& server) {
  std::vector<Json> objects;
  if (std::error_code ignored; !std::filesystem::exists(file, ignored)) return objects;
  const Result<std::string> whole = read_file(file, kLargest);
  if (!whole) return whole.error();
  const size_t end = std::min(whole->find('\n'), whole->size() - 1);
  const Result<Json> head = parse_json(std::string_view(*whole).substr(0, end));
  const std::string text = whole->substr(end + 1);
  if (!head || *head != head_of(server, text))
    return Error{file + ": it is broken, or of another version of Limen or another API server"};
  for (size_t at = 0, next; at < text.size(); at = next + 1) {
    next = text.find('\n', at);
    Result<Json> object = parse_json(std::string_view(text).substr(at, next - at));
    if (!object) return with_context(object.error(), file);
    objects.push_back(std::move(*object));
  }
  return objects;
}

SnapshotKeeper::~SnapshotKeeper() {
  loop_.cancel(timer_);
  if (thread_.joinable()) thread_.join();
}

void SnapshotKeeper::changed() {
  if (timer_ != 0) return;
  const auto now = EventLoop::Clock::now();
  const auto time = std::max(now + settings_.delay, written_ + settings_.spacing);
  timer_ = loop_.after(time - now, [this] { write(); });
}

void SnapshotKeeper::write() {
  timer_ = 0;
  written_ = EventLoop::Clock::now();
  if (thread_.joinable()) thread_.join();  // it began `spacing` ago
  thread_ = std::thread([file = settings_.file, server = settings_.server, objects = objects_()] {
    const Status written = write_snapshot(file, server, objects);
    if (!written) log::warn("kube", "the snapshot is not written: {}", written.error().message);
  });
}

}  // namespace limen::providers
