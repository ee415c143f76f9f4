// Measures `limen run` as an Envoy sees it: from a file's rename to the response on the stream.
//
// Usage: stream_bench LIMEN FOLDER STREAMS EDITS     (FOLDER: what make_routes.py wrote)
// Starts Limen on FOLDER without Envoys, connects STREAMS incremental streams, edits, and prints
// one line a figure.  Times are wall-clock milliseconds, on this machine, while nothing else runs.
#include <absl/synchronization/mutex.h>
#include <envoy/service/discovery/v3/discovery.pb.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/sync_stream.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "base/files.h"
#include "xds/resources/resource.h"

namespace {

using Clock = std::chrono::steady_clock;
using Request = envoy::service::discovery::v3::DeltaDiscoveryRequest;
using Response = envoy::service::discovery::v3::DeltaDiscoveryResponse;
using limen::xds::ResourceType;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// What a stream has received, by type.
struct Received {
  std::map<std::string, size_t> responses;
  std::map<std::string, size_t> last_bytes;
};

// Like an Envoy: asks for clusters and listeners, then for what these name; accepts everything.
class Stream {
 public:
  explicit Stream(const std::string& socket)
      : channel_(grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(),
                                           arguments())),
        thread_([this] { run(); }) {}
  ~Stream() {
    context_.TryCancel();
    thread_.join();
  }

  Received received() {
    absl::MutexLock lock(&mutex_);
    return received_;
  }
  // Until `count` responses of the type have come; false: they did not within 30 s.
  bool await(ResourceType type, size_t count) {
    const std::string url(limen::xds::type_url(type));
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return received_.responses[url] >= count;
    };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(30));
  }

 private:
  static grpc::ChannelArguments arguments() {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return arguments;
  }

  void ask(ResourceType type, const std::vector<std::string>& names) {
    Request request;
    request.mutable_node()->set_cluster("default/web");
    request.set_type_url(std::string(limen::xds::type_url(type)));
    for (const std::string& name : names) request.add_resource_names_subscribe(name);
    stream_->Write(request);
  }

  void run() {
    channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const grpc::internal::RpcMethod method(
        "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
        grpc::internal::RpcMethod::BIDI_STREAMING, channel_);
    stream_.reset(grpc::internal::ClientReaderWriterFactory<Request, Response>::Create(
        channel_.get(), method, &context_));
    ask(ResourceType::kCluster, {"*"});
    ask(ResourceType::kListener, {"*"});
    ask(ResourceType::kRouteConfiguration, {"default/web/http"});
    for (Response response; stream_->Read(&response);) take(response);
  }

  void take(const Response& response) {
    {
      absl::MutexLock lock(&mutex_);
      ++received_.responses[response.type_url()];
      received_.last_bytes[response.type_url()] = response.ByteSizeLong();
    }
    Request answer;
    answer.set_type_url(response.type_url());
    answer.set_response_nonce(response.nonce());
    stream_->Write(answer);
    if (response.type_url() != limen::xds::type_url(ResourceType::kCluster)) return;
    std::vector<std::string> names;
    for (const auto& resource : response.resources()) names.push_back(resource.name());
    ask(ResourceType::kEndpoints, names);
  }

  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> stream_;
  absl::Mutex mutex_;
  Received received_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

class Bench {
 public:
  Bench(std::string limen, std::string folder) : limen_(std::move(limen)), folder_(folder) {
    state_ = folder_ / ".state";
    std::filesystem::remove_all(state_);
  }
  ~Bench() {
    streams_.clear();
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }

  void start(size_t streams) {
    const auto begin = Clock::now();
    process_ = ::fork();
    if (process_ == 0) {
      ::execl(limen_.c_str(), limen_.c_str(), "run", "-f", folder_.c_str(), "--state-dir",
              state_.c_str(), "--start-envoys", "false", "--log-level", "warn", nullptr);
      ::_exit(127);
    }
    while (!std::filesystem::exists(state_ / "xds.sock"))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    streams_.push_back(std::make_unique<Stream>((state_ / "xds.sock").string()));
    expect(ResourceType::kRouteConfiguration);
    fmt::print("cold start to all routes on a stream: {:.0f} ms\n", ms_since(begin));
    fmt::print("route configuration: {} bytes\n", bytes(ResourceType::kRouteConfiguration));
    while (streams_.size() < streams)
      streams_.push_back(std::make_unique<Stream>((state_ / "xds.sock").string()));
    if (streams > 1) {
      seen_ = 0;
      expect(ResourceType::kRouteConfiguration);
    }
    std::this_thread::sleep_for(std::chrono::seconds(2));  // clusters and endpoints settle
    std::ifstream status("/proc/" + std::to_string(process_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS")) fmt::print("resident: {}\n", line.substr(7));
    }
  }

  // Writes `text(i)` to `file(i)` for each i and waits for the answer of that type on all streams.
  template <class File, class Text>
  void edits(const char* what, ResourceType type, size_t count, File file, Text text) {
    std::vector<double> first, all;
    for (size_t i = 0; i < count; ++i) {
      const std::filesystem::path path = folder_ / file(i);
      const std::string content = text(i);
      const std::string temporary = (folder_ / ".new").string();
      if (!content.empty()) std::ofstream(temporary) << content;
      std::this_thread::sleep_for(std::chrono::milliseconds(60));  // edits one by one, no burst
      const size_t before = streams_[0]->received().responses[url(type)];
      const auto begin = Clock::now();
      if (content.empty())
        std::filesystem::remove(path);
      else
        std::filesystem::rename(temporary, path);
      wait(0, type, before + 1);
      first.push_back(ms_since(begin));
      for (size_t s = 1; s < streams_.size(); ++s) wait(s, type, before + 1);
      all.push_back(ms_since(begin));
    }
    const auto report = [&](const char* where, std::vector<double>& times) {
      std::sort(times.begin(), times.end());
      fmt::print("{}, {}: median {:.2f} ms, p95 {:.2f} ms, {} bytes\n", what, where,
                 times[times.size() / 2], times[times.size() * 95 / 100], bytes(type));
    };
    report("first stream", first);
    if (streams_.size() > 1) report(fmt::format("all {}", streams_.size()).c_str(), all);
  }

 private:
  static std::string url(ResourceType type) { return std::string(limen::xds::type_url(type)); }
  size_t bytes(ResourceType type) { return streams_[0]->received().last_bytes[url(type)]; }
  void expect(ResourceType type) {
    ++seen_;
    for (size_t s = 0; s < streams_.size(); ++s) wait(s, type, seen_);
  }
  void wait(size_t stream, ResourceType type, size_t count) {
    if (streams_[stream]->await(type, count)) return;
    throw std::runtime_error(fmt::format("stream {} waited in vain", stream));
  }

  std::string limen_;
  std::filesystem::path folder_, state_;
  pid_t process_ = 0;
  std::vector<std::unique_ptr<Stream>> streams_;
  size_t seen_ = 0;
};

// The route's file with another path.
std::string edited(const std::string& text, size_t i) {
  const size_t at = text.find("value: /") + 7;
  return text.substr(0, at) + fmt::format("/edit{}", i) + text.substr(text.find('\n', at));
}

std::string renamed(const std::string& text, size_t i) {
  const size_t at = text.find("name: ") + 6;
  return text.substr(0, at) + fmt::format("added{}", i) + text.substr(text.find('\n', at));
}

int run(char** argv) {
  const std::string folder = argv[2];
  const size_t edits = std::strtoul(argv[4], nullptr, 10);
  const auto route = limen::read_file(folder + "/routes/r0.yaml", 1 << 20);
  const auto backend = limen::read_file(folder + "/backend.yaml", 1 << 20);
  if (!route || !backend) {
    fmt::print(stderr, "{} was not made by make_routes.py\n", folder);
    return 2;
  }
  Bench bench(argv[1], folder);
  bench.start(std::strtoul(argv[3], nullptr, 10));
  const auto old_file = [](size_t) { return "routes/r0.yaml"; };
  const auto new_file = [](size_t i) { return fmt::format("routes/added{}.yaml", i); };
  bench.edits("route edited", ResourceType::kRouteConfiguration, edits, old_file,
              [&](size_t i) { return edited(*route, i); });
  bench.edits("route added", ResourceType::kRouteConfiguration, edits, new_file,
              [&](size_t i) { return renamed(edited(*route, 1000 + i), i); });
  bench.edits("route deleted", ResourceType::kRouteConfiguration, edits, new_file,
              [](size_t) { return std::string(); });
  if (const auto policy = limen::read_file(folder + "/policies/p0.yaml", 1 << 20)) {
    bench.edits(
        "policy edited", ResourceType::kRouteConfiguration, edits,
        [](size_t) { return "policies/p0.yaml"; },
        [&](size_t i) {
          std::string text = *policy;
          return text.replace(text.find("10.0.0.0/8"), 10,
                              fmt::format("10.{}.0.0/16", 1 + i % 200));
        });
  }
  bench.edits(
      "endpoint changed", ResourceType::kEndpoints, edits, [](size_t) { return "backend.yaml"; },
      [&](size_t i) {
        std::string text = *backend;
        const size_t at = text.find("127.0.0.1");
        return text.replace(at, 9, fmt::format("127.0.1.{}", 1 + i % 200));
      });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: stream_bench LIMEN FOLDER STREAMS EDITS\n");
    return 2;
  }
  try {
    return run(argv);
  } catch (const std::exception& error) {  // Limen has been ended by now
    fmt::print(stderr, "stream_bench: {}\n", error.what());
    return 1;
  }
}
