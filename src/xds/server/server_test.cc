// Who may see what, asked by clients that may not.
#include "xds/server/server.h"

#include <envoy/service/discovery/v3/discovery.pb.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "base/hash.h"
#include "pki/identity.h"
#include "xds/server/test_client.h"

namespace limen::xds {
namespace {

namespace discovery_v3 = envoy::service::discovery::v3;
using std::chrono::hours;
using std::chrono::seconds;

constexpr char kWeb[] = "default/web", kOther[] = "default/other";
constexpr char kGood[] = "Bearer good", kOthers[] = "Bearer others";

struct Service {
  const char* path;
  bool sotw;
  ResourceType type;
};
constexpr Service kServices[] = {
    {"/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources", false,
     ResourceType::kCluster},
    {"/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources", true,
     ResourceType::kCluster},
    {"/envoy.service.cluster.v3.ClusterDiscoveryService/DeltaClusters", false,
     ResourceType::kCluster},
    {"/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters", true,
     ResourceType::kCluster},
    {"/envoy.service.endpoint.v3.EndpointDiscoveryService/DeltaEndpoints", false,
     ResourceType::kEndpoints},
    {"/envoy.service.endpoint.v3.EndpointDiscoveryService/StreamEndpoints", true,
     ResourceType::kEndpoints},
    {"/envoy.service.listener.v3.ListenerDiscoveryService/DeltaListeners", false,
     ResourceType::kListener},
    {"/envoy.service.listener.v3.ListenerDiscoveryService/StreamListeners", true,
     ResourceType::kListener},
    {"/envoy.service.route.v3.RouteDiscoveryService/DeltaRoutes", false,
     ResourceType::kRouteConfiguration},
    {"/envoy.service.route.v3.RouteDiscoveryService/StreamRoutes", true,
     ResourceType::kRouteConfiguration},
    {"/envoy.service.secret.v3.SecretDiscoveryService/DeltaSecrets", false, ResourceType::kSecret},
    {"/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets", true, ResourceType::kSecret},
    {"/envoy.service.extension.v3.ExtensionConfigDiscoveryService/DeltaExtensionConfigs", false,
     ResourceType::kExtensionConfig},
    {"/envoy.service.extension.v3.ExtensionConfigDiscoveryService/StreamExtensionConfigs", true,
     ResourceType::kExtensionConfig},
};
constexpr const Service& kAds = kServices[0];

std::string name_of(const std::string& proxy, ResourceType type) {
  return proxy + "-" + std::to_string(static_cast<int>(type));
}

// For one resource, by its name.
std::string request(const Service& service, const std::string& proxy, const std::string& name) {
  const auto fill = [&](auto message) {
    message.mutable_node()->set_cluster(proxy);
    message.set_type_url(std::string(type_url(service.type)));
    return message;
  };
  if (service.sotw) {
    auto message = fill(discovery_v3::DiscoveryRequest());
    message.add_resource_names(name);
    return message.SerializeAsString();
  }
  auto message = fill(discovery_v3::DeltaDiscoveryRequest());
  message.add_resource_names_subscribe(name);
  return message.SerializeAsString();
}

int resources_in(const Service& service, const std::string& bytes) {
  discovery_v3::DiscoveryResponse sotw;
  discovery_v3::DeltaDiscoveryResponse delta;
  if (service.sotw) return sotw.ParseFromString(bytes) ? sotw.resources_size() : -1;
  return delta.ParseFromString(bytes) ? delta.resources_size() : -1;
}

pki::KeyPair issued(const pki::KeyPair& authority, const std::string& uri,
                    pki::Life life = pki::life_of_days(1)) {
  return *pki::issue(authority, {"test", uri, {"limen"}, life});
}
pki::KeyPair of_proxy(const pki::KeyPair& authority, const std::string& proxy) {
  return issued(authority, pki::id_of_proxy(proxy));
}

class ServerTest : public testing::Test {
 protected:
  TlsIdentity identity(const pki::KeyPair& authority, const std::string& trusted) {
    pki::KeyPair pair = issued(authority, pki::kXdsServerId);
    return {std::move(pair.certificate), std::move(pair.key), trusted};
  }

  void start(ServerSettings settings = {}) {
    settings.tcp_address = "127.0.0.1:0";
    settings.identity = identity(authority_, authority_.certificate);
    auto server = Server::start(std::move(settings));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    for (const char* proxy : {kWeb, kOther}) {
      for (int type = 0; type < kResourceTypes; ++type)
        put(proxy, static_cast<ResourceType>(type),
            name_of(proxy, static_cast<ResourceType>(type)));
    }
  }
  void start_with_tokens() {
    ServerSettings settings;
    settings.verify_token = [this](const std::string& token, auto done) {
      if (token == "slow") {
        const std::lock_guard lock(mutex_);
        late_.push_back(std::move(done));
      } else if (token == "good" || token == "others") {
        done(std::string(token == "good" ? kWeb : kOther));
      } else {
        done(Error{"nobody knows it"});
      }
    };
    start(std::move(settings));
  }
  void put(const std::string& proxy, ResourceType type, const std::string& name,
           const std::string& bytes = "") {
    server_->apply(
        {{proxy, type, name,
          std::make_shared<const Fragment>(Fragment{
              bytes, hash_bytes(bytes + name), static_cast<uint32_t>(bytes.size()), 0, {}})}});
  }

  std::shared_ptr<grpc::Channel> channel(const pki::KeyPair& own = {}) {
    return connect(server_->port(), authority_.certificate, own);
  }
  // How a stream ends that asks for what is kWeb's; OK: it shows it.
  grpc::Status asks(const Service& service, const std::shared_ptr<grpc::Channel>& channel,
                    const std::string& authorization = "") {
    ClientStream stream(channel, service.path, authorization);
    stream.write(request(service, kWeb, name_of(kWeb, service.type)));
    const auto response = stream.read();
    if (!response) return stream.finish();
    EXPECT_EQ(resources_in(service, *response), 1) << service.path;
    return grpc::Status::OK;
  }
  void expect_denied(grpc::StatusCode code, const std::shared_ptr<grpc::Channel>& channel,
                     const std::string& authorization = "") {
    for (const Service& service : kServices)
      EXPECT_EQ(asks(service, channel, authorization).error_code(), code) << service.path;
  }

  const pki::KeyPair authority_ = *pki::make_authority("ours", pki::life_of_days(1));
  std::mutex mutex_;
  std::vector<std::function<void(Result<std::string>)>> late_;  // guarded by mutex_
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, TheOwnerSeesItsResources) {
  start();
  const auto own = channel(of_proxy(authority_, kWeb));
  for (const Service& service : kServices) EXPECT_TRUE(asks(service, own).ok()) << service.path;
}

TEST_F(ServerTest, CertificatesOfOthersSeeNothing) {
  start();
  expect_denied(grpc::StatusCode::PERMISSION_DENIED, channel(of_proxy(authority_, kOther)));
  expect_denied(grpc::StatusCode::PERMISSION_DENIED,
                channel(issued(authority_, pki::kXdsServerId)));
}

TEST_F(ServerTest, WithoutTokensAConnectionNeedsACertificate) {
  start();
  expect_denied(grpc::StatusCode::UNAVAILABLE, channel());
  expect_denied(grpc::StatusCode::UNAVAILABLE, channel(), kGood);
}

TEST_F(ServerTest, BadCertificatesDoNotGetThroughTheHandshake) {
  const pki::KeyPair foreign = *pki::make_authority("theirs", pki::life_of_days(1));
  const pki::Life past{std::chrono::system_clock::now() - hours(48), hours(24)};
  start_with_tokens();
  expect_denied(grpc::StatusCode::UNAVAILABLE, channel(of_proxy(foreign, kWeb)), kGood);
  expect_denied(grpc::StatusCode::UNAVAILABLE,
                channel(issued(authority_, pki::id_of_proxy(kWeb), past)), kGood);
}

TEST_F(ServerTest, WithTokensAConnectionNeedsOne) {
  start_with_tokens();
  for (const Service& service : kServices) {
    EXPECT_TRUE(asks(service, channel(), kGood).ok()) << service.path;
    EXPECT_TRUE(asks(service, channel(of_proxy(authority_, kWeb))).ok()) << service.path;
  }
  for (const char* none : {"", "good", "Basic good", "Bearer ", "Bearer x", "Bearer good good"})
    expect_denied(grpc::StatusCode::UNAUTHENTICATED, channel(), none);
  expect_denied(grpc::StatusCode::PERMISSION_DENIED, channel(), kOthers);
}

TEST_F(ServerTest, ATokenDoesNotHelpACertificateOfAnother) {
  start_with_tokens();
  expect_denied(grpc::StatusCode::PERMISSION_DENIED, channel(of_proxy(authority_, kOther)), kGood);
}

TEST_F(ServerTest, AStreamKeepsItsProxy) {
  start();
  const auto own = channel(of_proxy(authority_, kWeb));
  for (const Service& service : kServices) {
    ClientStream stream(own, service.path);
    stream.write(request(service, kWeb, name_of(kWeb, service.type)));
    ASSERT_TRUE(stream.read());
    stream.write(request(service, kOther, name_of(kOther, service.type)));
    EXPECT_FALSE(stream.read());
    EXPECT_EQ(stream.finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << service.path;
  }
}

TEST_F(ServerTest, NamesOfOthersBringNothing) {
  start();
  const auto own = channel(of_proxy(authority_, kWeb));
  for (const Service& service : kServices) {
    if (service.type == ResourceType::kListener || service.type == ResourceType::kCluster) continue;
    ClientStream stream(own, service.path);
    stream.write(request(service, kWeb, name_of(kOther, service.type)));
    put(kWeb, service.type, name_of(kWeb, service.type), "new");
    stream.write(request(service, kWeb, name_of(kWeb, service.type)));
    const auto response = stream.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(resources_in(service, *response), 1);
    EXPECT_EQ(response->find(kOther), std::string::npos) << service.path;
  }
}

TEST_F(ServerTest, WhatIsNoRequestEndsTheStreamAlone) {
  start();
  const auto own = channel(of_proxy(authority_, kWeb));
  ClientStream good(own, kAds.path);
  for (const Service& service : kServices) {
    for (const auto& [bytes, code] :
         {std::pair(std::string("\xff\xff\xff"), grpc::StatusCode::INVALID_ARGUMENT),
          {std::string(), grpc::StatusCode::INVALID_ARGUMENT},
          {request(service, kWeb, std::string(5000, 'x')), grpc::StatusCode::INVALID_ARGUMENT},
          {request(service, kWeb, std::string(33 << 20, 'x')),
           grpc::StatusCode::RESOURCE_EXHAUSTED}}) {
      ClientStream stream(own, service.path);
      stream.write(bytes);
      EXPECT_FALSE(stream.read());
      EXPECT_EQ(stream.finish().error_code(), code) << service.path << " " << bytes.size();
    }
  }
  good.write(request(kAds, kWeb, name_of(kWeb, kAds.type)));
  EXPECT_TRUE(good.read());
}

TEST_F(ServerTest, AStreamCannotAskForEverMoreNames) {
  start();
  ClientStream stream(channel(of_proxy(authority_, kWeb)), kAds.path);
  for (int message = 0, name = 0; message < 6; ++message) {
    discovery_v3::DeltaDiscoveryRequest names;
    names.mutable_node()->set_cluster(kWeb);
    names.set_type_url(std::string(type_url(ResourceType::kEndpoints)));
    for (int i = 0; i < 100'000; ++i)
      names.add_resource_names_subscribe("name-" + std::to_string(++name));
    stream.write(names.SerializeAsString());
  }
  EXPECT_FALSE(stream.read());
  EXPECT_EQ(stream.finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, StreamsAreBoundedAndThoseThatLeaveAreForgotten) {
  ServerSettings settings;
  settings.max_streams = 100;
  start(std::move(settings));
  const auto own = channel(of_proxy(authority_, kWeb));
  for (int round = 0; round < 30; ++round) {
    std::vector<std::unique_ptr<ClientStream>> streams;
    for (int i = 0; i < 100; ++i) {
      streams.push_back(std::make_unique<ClientStream>(own, kAds.path));
      if (i % 2 == 0) streams.back()->write(request(kAds, kWeb, name_of(kWeb, kAds.type)));
    }
    for (int i = 0; i < 100; i += 2) ASSERT_TRUE(streams[i]->read()) << round;
    while (server_->open_streams() < 100) std::this_thread::yield();  // also those that say nothing
    EXPECT_EQ(asks(kAds, own).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    streams.clear();
    while (server_->open_streams() > 0) std::this_thread::yield();
  }
  EXPECT_EQ(server_->streams(kWeb), 0u);
  EXPECT_TRUE(asks(kAds, own).ok());
}

TEST_F(ServerTest, VerdictsMayComeLate) {
  start_with_tokens();
  const auto none = channel();
  const auto waiting = [&] {
    const std::lock_guard lock(mutex_);
    return late_.size();
  };
  std::vector<std::unique_ptr<ClientStream>> streams;
  for (size_t i = 0; i < 3; ++i) {
    streams.push_back(std::make_unique<ClientStream>(none, kAds.path, "Bearer slow"));
    streams.back()->write(request(kAds, kWeb, name_of(kWeb, kAds.type)));
    while (waiting() < i + 1) std::this_thread::yield();  // so that late_ is in this order
  }
  streams[0].reset();  // leaves
  while (server_->open_streams() > 2) std::this_thread::yield();
  late_[0](std::string(kWeb));
  late_[1](std::string(kWeb));
  EXPECT_TRUE(streams[1]->read());
  server_.reset();  // does not wait for the third
  EXPECT_FALSE(streams[2]->read());
  late_[2](std::string(kWeb));
}

TEST_F(ServerTest, ANewIdentityIsForNewConnectionsAndOldStreamsLiveOn) {
  start();
  const pki::KeyPair next = *pki::make_authority("next", pki::life_of_days(1));
  const std::string both = next.certificate + authority_.certificate;
  ClientStream old(channel(of_proxy(authority_, kWeb)), kAds.path);
  old.write(request(kAds, kWeb, name_of(kWeb, kAds.type)));
  ASSERT_TRUE(old.read());

  server_->set_identity(identity(next, both));
  const auto by = [&](const pki::KeyPair& ca, const pki::KeyPair& own) {
    return asks(kAds, connect(server_->port(), ca.certificate, own)).error_code();
  };
  EXPECT_EQ(by(next, of_proxy(next, kWeb)), grpc::StatusCode::OK);
  EXPECT_EQ(by(next, of_proxy(authority_, kWeb)), grpc::StatusCode::OK) << "overlap";
  EXPECT_EQ(by(authority_, of_proxy(authority_, kWeb)), grpc::StatusCode::UNAVAILABLE)
      << "the server shows the new certificate";
  server_->set_identity(identity(next, next.certificate));
  EXPECT_EQ(by(next, of_proxy(authority_, kWeb)), grpc::StatusCode::UNAVAILABLE);

  discovery_v3::DeltaDiscoveryRequest more;
  more.set_type_url(std::string(type_url(ResourceType::kSecret)));
  more.add_resource_names_subscribe(name_of(kWeb, ResourceType::kSecret));
  old.write(more.SerializeAsString());
  EXPECT_TRUE(old.read());
}

TEST_F(ServerTest, ConnectionsAreAskedToComeBack) {
  ServerSettings settings;
  settings.connection_age = std::chrono::milliseconds(300);
  start(std::move(settings));
  const auto own = channel(of_proxy(authority_, kWeb));
  ASSERT_TRUE(asks(kAds, own).ok());
  ASSERT_EQ(own->GetState(false), GRPC_CHANNEL_READY);
  EXPECT_TRUE(
      own->WaitForStateChange(GRPC_CHANNEL_READY, std::chrono::system_clock::now() + seconds(5)));
}

}  // namespace
}  // namespace limen::xds
