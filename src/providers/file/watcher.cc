#include "providers/file/watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/log.h"

namespace limen::providers {
namespace {

constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |
                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;

constexpr std::chrono::milliseconds kQuiet{50};

// Absolute, without "." and "..", without a slash at the end.
std::string plain(const std::filesystem::path& path) {
  std::string text = std::filesystem::absolute(path).lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

// The nearest folder above `path` that exists: where a vanished path will come back.
std::string folder_above(const std::string& path) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::path(plain(path)).parent_path();
  while (!std::filesystem::is_directory(folder, error) && folder.has_relative_path())
    folder = folder.parent_path();
  return folder.string();
}

}  // namespace

Watcher::Watcher(WatcherSettings settings, EventLoop& loop, ObjectStore& store)
    : settings_(std::move(settings)),
      loop_(loop),
      store_(store),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  loop_.watch(inotify_.get(), [this] { on_events(); });
  rescan(settings_.load);
}

Watcher::~Watcher() {
  loop_.cancel(timer_);
  loop_.cancel(return_timer_);
  loop_.unwatch(inotify_.get());
}

void Watcher::on_events() {
  alignas(inotify_event) char buffer[64 * 1024];
  for (;;) {
    const ssize_t size = ::read(inotify_.get(), buffer, sizeof(buffer));
    if (size <= 0) break;
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) rescan_ = true;
      const auto folder = folders_.find(event->wd);
      if (folder == folders_.end()) continue;
      on_event(folder->second, event->mask, event->len > 0 ? event->name : "");
      if ((event->mask & IN_IGNORED) != 0) folders_.erase(folder);
    }
  }
  if (!rescan_ && changed_.empty()) return;
  loop_.cancel(timer_);
  // A single write after a quiet time is taken in at once.  What goes away may be the beginning of
  // a whole folder's going, or of an editor's saving.
  const bool lone_write =
      !rescan_ && !gone_ && changed_.size() == 1 && EventLoop::Clock::now() - settled_ > kQuiet;
  timer_ = loop_.after(lone_write ? std::chrono::milliseconds(0) : settings_.settle,
                       [this] { settle(); });
}

// Whether `path` is one of the named paths or lies above one.
bool Watcher::leads_to_named(const std::string& path) const {
  return std::any_of(settings_.paths.begin(), settings_.paths.end(), [&](const std::string& it) {
    const std::string named = plain(it);
    return named == path || named.starts_with(path + "/");
  });
}

void Watcher::on_event(const Folder& in, uint32_t mask, const std::string& name) {
  const std::string& folder = in.path;
  if (!in.scanned) {  // what else is in there is no concern of ours
    rescan_ |= name.empty() || leads_to_named(plain(std::filesystem::path(folder) / name));
    return;
  }
  const bool is_document = is_document_name(name);
  if (name.starts_with(".") && !name.starts_with(".."))
    return;  // hidden; ".." begins the links of mounted ConfigMaps
  if (!is_document || (mask & IN_ISDIR) != 0) {
    // A folder or a link came or went, or a named file without the usual ending.
    if ((mask & (IN_ISDIR | IN_DELETE_SELF | IN_MOVE_SELF)) != 0 || name.starts_with(".."))
      rescan_ = true;
    rescan_ |= leads_to_named(plain(std::filesystem::path(folder) / name));
    return;
  }
  const std::string file = (std::filesystem::path(folder) / name).string();
  if ((mask & IN_CREATE) != 0 && !std::filesystem::is_symlink(file))
    return;  // its writing ends with IN_CLOSE_WRITE
  if (std::filesystem::is_symlink(file) || leads_to_named(plain(file))) {
    rescan_ = true;
  } else {
    changed_.insert(file);
    gone_ |= (mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
  }
}

void Watcher::settle() {
  if (rescan_ || !held_.empty() || !returning_.empty() || (gone_ && any_emptied())) {
    rescan(settings_.load);
  } else {
    for (const std::string& file : changed_) load_file(file, store_);
  }
  rescan_ = gone_ = false;
  changed_.clear();
  settled_ = EventLoop::Clock::now();
  settings_.on_change();
}

void Watcher::rescan(LoadOptions options) {
  if (options.hold_vanished) {
    for (const HeldPath& held : held_) returning_.insert(held.path);
    options.returning = returning_;
  }
  Loaded loaded = load(settings_.paths, options, store_);
  held_ = std::move(loaded.held);
  for (const HeldPath& held : held_) returning_.erase(held.path);
  add_watches(loaded.scan);
  await_return();
}

void Watcher::await_return() {
  loop_.cancel(return_timer_);
  if (returning_.empty()) return;
  return_timer_ = loop_.after(settings_.return_grace, [this] {
    returning_.clear();
    rescan(settings_.load);
    settings_.on_change();
  });
}

bool Watcher::any_emptied() const {
  return std::any_of(settings_.paths.begin(), settings_.paths.end(), is_empty_folder);
}

void Watcher::confirm() {
  LoadOptions options = settings_.load;
  options.hold_vanished = false;
  returning_.clear();
  rescan(options);
}

void Watcher::add_watches(const Scan& scan) {
  // A folder has one watch whatever it is called; being scanned counts.
  for (const std::string& folder : scan.folders) add_watch({folder, true});
  for (const std::string& path : settings_.paths) add_watch({folder_above(path), false});
}

void Watcher::add_watch(const Folder& folder) {
  const int watch = ::inotify_add_watch(inotify_.get(), folder.path.c_str(), kEvents);
  if (watch < 0) {
    log::warn("files", "cannot watch {}: changes there are not seen", folder.path);
  } else if (folder.scanned) {
    folders_[watch] = folder;
  } else {
    folders_.try_emplace(watch, folder);
  }
}

}  // namespace limen::providers
