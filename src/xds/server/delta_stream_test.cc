#include "xds/server/delta_stream.h"

#include <envoy/service/discovery/v3/discovery.pb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include "base/hash.h"

namespace limen::xds {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// An Envoy's side of a stream, with a group of resources behind it.
class DeltaStreamTest : public testing::Test {
 protected:
  void put(ResourceType type, const std::string& name, const std::string& bytes) {
    group_.apply({"p", type, name,
                  std::make_shared<const Fragment>(Fragment{
                      bytes, hash_bytes(bytes), static_cast<uint32_t>(bytes.size()), 0, {}})},
                 now_);
  }
  void drop(ResourceType type, const std::string& name) {
    group_.apply({"p", type, name, nullptr}, now_);
  }

  DeltaDiscoveryRequest request(ResourceType type, const std::vector<std::string>& names = {}) {
    DeltaDiscoveryRequest it;
    it.set_type_url(std::string(type_url(type)));
    for (const auto& name : names) it.add_resource_names_subscribe(name);
    return it;
  }
  void subscribe(ResourceType type, const std::vector<std::string>& names = {}) {
    stream_.on_request(request(type, names));
  }

  // The next response as an Envoy reads it off the wire; nullopt if there is none.
  std::optional<DeltaDiscoveryResponse> receive() {
    const auto response = stream_.next(group_, now_);
    if (!response) return std::nullopt;
    std::string bytes = response->head;
    for (const auto& resource : response->resources) bytes += *resource->bytes();
    DeltaDiscoveryResponse message;
    EXPECT_TRUE(message.ParseFromString(bytes));
    last_ = response->type;
    return message;
  }
  std::optional<Answer> acknowledge(const DeltaDiscoveryResponse& response,
                                    const std::string& error = "") {
    DeltaDiscoveryRequest it = request(last_);
    it.set_response_nonce(response.nonce());
    if (!error.empty()) it.mutable_error_detail()->set_message(error);
    return stream_.on_request(it, now_);
  }
  // Receives and acknowledges all there is: "clusters +a", "routes -r", in the order of arrival.
  std::vector<std::string> settle() {
    static const char* const kWords[] = {"clusters", "endpoints", "listeners",
                                         "routes",   "secrets",   "extensions"};
    std::vector<std::string> said;
    while (const auto response = receive()) {
      for (const auto& it : response->resources())
        said.push_back(std::string(kWords[static_cast<int>(last_)]) + " +" + it.name());
      for (const auto& it : response->removed_resources())
        said.push_back(std::string(kWords[static_cast<int>(last_)]) + " -" + it);
      acknowledge(*response);
    }
    return said;
  }
  void subscribe_to_all() {
    subscribe(ResourceType::kCluster);
    subscribe(ResourceType::kListener);
    settle();
  }
  void pass(Clock::duration time) {
    now_ += time;
    group_.expire(now_);
  }

  Clock::time_point now_{};
  ResourceGroup group_{seconds(5)};
  DeltaStream stream_{seconds(5)};
  ResourceType last_ = ResourceType::kCluster;
};

TEST_F(DeltaStreamTest, NothingIsSentUnasked) {
  put(ResourceType::kCluster, "c", "1");
  EXPECT_FALSE(receive());
}

TEST_F(DeltaStreamTest, AnEmptyWildcardIsAnsweredOnce) {
  subscribe(ResourceType::kCluster);
  const auto response = receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->resources_size(), 0);
  acknowledge(*response);
  EXPECT_FALSE(receive());
}

TEST_F(DeltaStreamTest, AFilterKnowsWhatRoutesAskOfIt) {
  subscribe_to_all();
  subscribe(ResourceType::kExtensionConfig, {"f"});
  subscribe(ResourceType::kRouteConfiguration, {"r"});
  settle();
  put(ResourceType::kRouteConfiguration, "r", "1");
  put(ResourceType::kExtensionConfig, "f", "1");
  put(ResourceType::kCluster, "c", "1");
  EXPECT_THAT(settle(), ElementsAre("clusters +c", "extensions +f", "routes +r"));
  put(ResourceType::kExtensionConfig, "f", "2");
  const auto filter = receive();
  put(ResourceType::kRouteConfiguration, "r", "2");
  put(ResourceType::kExtensionConfig, "f", "3");
  EXPECT_FALSE(receive()) << "the filter's third version may be what the route needs";
  last_ = ResourceType::kExtensionConfig;
  acknowledge(*filter);
  EXPECT_THAT(settle(), ElementsAre("extensions +f", "routes +r"));
}

TEST_F(DeltaStreamTest, ACleanUpOfAFilterIsLate) {
  const auto fragment = [](const std::string& bytes) {
    return std::make_shared<const Fragment>(
        Fragment{bytes, hash_bytes(bytes), static_cast<uint32_t>(bytes.size()), 0, {}});
  };
  subscribe_to_all();
  subscribe(ResourceType::kExtensionConfig, {"f"});
  const auto change = [&](const std::string& now, const std::string& later) {
    group_.apply({"p", ResourceType::kExtensionConfig, "f", fragment(later), fragment(now)}, now_);
  };
  change("1 2", "2");
  EXPECT_THAT(settle(), ElementsAre("extensions +f"));
  pass(seconds(4));
  EXPECT_THAT(settle(), IsEmpty());
  pass(seconds(1));
  EXPECT_THAT(settle(), ElementsAre("extensions +f"));
  EXPECT_EQ(serialise(group_.find(ResourceType::kExtensionConfig, "f")->resource()), "2");
  // What comes meanwhile counts.
  change("2 3", "3");
  put(ResourceType::kExtensionConfig, "f", "4");
  pass(seconds(10));
  settle();
  EXPECT_EQ(serialise(group_.find(ResourceType::kExtensionConfig, "f")->resource()), "4");
}

TEST_F(DeltaStreamTest, AChangeSendsThatResourceOnly) {
  for (int i = 0; i < 100; ++i) put(ResourceType::kCluster, "c" + std::to_string(i), "1");
  subscribe(ResourceType::kCluster);
  EXPECT_EQ(settle().size(), 100u);
  put(ResourceType::kCluster, "c7", "2");
  EXPECT_THAT(settle(), ElementsAre("clusters +c7"));
  put(ResourceType::kCluster, "c7", "2");
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(DeltaStreamTest, ClustersComeBeforeTheListenersThatNameThem) {
  subscribe_to_all();
  put(ResourceType::kListener, "l", "1");
  put(ResourceType::kCluster, "c", "1");
  EXPECT_THAT(settle(), ElementsAre("clusters +c", "listeners +l"));
}

TEST_F(DeltaStreamTest, RoutesWaitUntilAClusterHasItsEndpoints) {
  subscribe_to_all();
  subscribe(ResourceType::kRouteConfiguration, {"r"});
  put(ResourceType::kCluster, "c", "1");
  put(ResourceType::kEndpoints, "c", "1");
  put(ResourceType::kRouteConfiguration, "r", "1");
  EXPECT_THAT(settle(), ElementsAre("clusters +c"));
  ASSERT_TRUE(stream_.deadline());
  subscribe(ResourceType::kEndpoints, {"c"});
  EXPECT_THAT(settle(), ElementsAre("endpoints +c", "routes +r"));
  EXPECT_FALSE(stream_.deadline());
}

TEST_F(DeltaStreamTest, AClusterThatDoesNotGetWarmHoldsRoutesForItsPatienceOnly) {
  subscribe_to_all();
  subscribe(ResourceType::kRouteConfiguration, {"r"});
  put(ResourceType::kCluster, "c", "1");
  put(ResourceType::kEndpoints, "c", "1");
  put(ResourceType::kRouteConfiguration, "r", "1");
  EXPECT_THAT(settle(), ElementsAre("clusters +c"));
  pass(seconds(4));
  EXPECT_THAT(settle(), IsEmpty());
  pass(seconds(1));
  EXPECT_THAT(settle(), ElementsAre("routes +r"));
}

TEST_F(DeltaStreamTest, ClustersGoLastAndAfterALinger) {
  put(ResourceType::kCluster, "c", "1");
  put(ResourceType::kListener, "l", "1");
  subscribe_to_all();
  drop(ResourceType::kCluster, "c");
  drop(ResourceType::kListener, "l");
  EXPECT_THAT(settle(), ElementsAre("listeners -l"));
  pass(seconds(5));
  EXPECT_THAT(settle(), ElementsAre("clusters -c"));
}

TEST_F(DeltaStreamTest, AClusterThatIsWantedAgainStays) {
  put(ResourceType::kCluster, "c", "1");
  subscribe_to_all();
  drop(ResourceType::kCluster, "c");
  pass(seconds(3));
  put(ResourceType::kCluster, "c", "1");
  pass(seconds(10));
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(DeltaStreamTest, ChangesCoalesceWhileAResponseIsUnanswered) {
  put(ResourceType::kCluster, "c", "1");
  subscribe(ResourceType::kCluster);
  const auto first = receive();
  ASSERT_TRUE(first);
  for (int i = 2; i < 10; ++i) put(ResourceType::kCluster, "c", std::to_string(i));
  EXPECT_FALSE(receive());
  acknowledge(*first);
  const auto second = receive();
  ASSERT_TRUE(second);
  ASSERT_EQ(second->resources_size(), 1);
  EXPECT_EQ(second->resources(0).resource().value(), "9");
}

TEST_F(DeltaStreamTest, ARefusalIsReportedAndNotRepeated) {
  put(ResourceType::kListener, "l", "1");
  subscribe(ResourceType::kListener);
  const auto response = receive();
  ASSERT_TRUE(response);
  const auto nack = acknowledge(*response, "bad listener");
  ASSERT_TRUE(nack);
  EXPECT_EQ(nack->refusal, "bad listener");
  ASSERT_EQ(nack->resources.size(), 1u);
  EXPECT_EQ(nack->resources[0].first, "l");
  EXPECT_FALSE(receive());
  put(ResourceType::kListener, "l", "2");
  EXPECT_THAT(settle(), ElementsAre("listeners +l"));
}

TEST_F(DeltaStreamTest, WhoComesBackIsSentOnlyWhatDiffers) {
  put(ResourceType::kCluster, "same", "1");
  put(ResourceType::kCluster, "changed", "1");
  subscribe(ResourceType::kCluster);
  const auto response = receive();
  ASSERT_TRUE(response);
  DeltaDiscoveryRequest again = request(ResourceType::kCluster, {"*"});
  for (const auto& it : response->resources())
    (*again.mutable_initial_resource_versions())[it.name()] = it.version();
  (*again.mutable_initial_resource_versions())["gone"] = version_text(7);
  put(ResourceType::kCluster, "changed", "2");
  stream_ = DeltaStream(seconds(5));
  stream_.on_request(again);
  EXPECT_THAT(settle(), UnorderedElementsAre("clusters +changed", "clusters -gone"));
}

TEST_F(DeltaStreamTest, NamesAreSubscribedAndUnsubscribed) {
  put(ResourceType::kRouteConfiguration, "a", "1");
  put(ResourceType::kRouteConfiguration, "b", "1");
  subscribe(ResourceType::kRouteConfiguration, {"a"});
  EXPECT_THAT(settle(), ElementsAre("routes +a"));
  DeltaDiscoveryRequest change = request(ResourceType::kRouteConfiguration, {"b"});
  change.add_resource_names_unsubscribe("a");
  stream_.on_request(change);
  EXPECT_THAT(settle(), ElementsAre("routes +b"));
  put(ResourceType::kRouteConfiguration, "a", "2");
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(DeltaStreamTest, ANameThatComesLaterIsSentWhenItComes) {
  subscribe(ResourceType::kSecret, {"s"});
  EXPECT_THAT(settle(), IsEmpty());
  put(ResourceType::kSecret, "s", "1");
  EXPECT_THAT(settle(), ElementsAre("secrets +s"));
}

TEST_F(DeltaStreamTest, AStreamFarBehindTheLogStillComesToTheSame) {
  put(ResourceType::kCluster, "c", "0");
  subscribe(ResourceType::kCluster);
  const auto first = receive();
  ASSERT_TRUE(first);
  for (int i = 0; i < 5000; ++i)
    put(ResourceType::kCluster, "c" + std::to_string(i % 3), std::to_string(i));
  acknowledge(*first);
  EXPECT_THAT(settle(), UnorderedElementsAre("clusters +c0", "clusters +c1", "clusters +c2"));
}

TEST_F(DeltaStreamTest, AnUnknownTypeIsIgnored) {
  DeltaDiscoveryRequest it;
  it.set_type_url("type.googleapis.com/no.such.Type");
  EXPECT_FALSE(stream_.on_request(it));
  EXPECT_FALSE(receive());
}

// Plays an Envoy with two listeners that want each other's addresses.
TEST_F(DeltaStreamTest, ListenersThatExchangeAddressesAreRemovedFirst) {
  const std::string refusal = "'a' has duplicate address\n'b' has duplicate address";
  subscribe(ResourceType::kListener);
  for (const char* name : {"a", "b", "c"}) put(ResourceType::kListener, name, "1");
  settle();
  for (const char* name : {"a", "b", "c"}) put(ResourceType::kListener, name, "2");
  const auto refused = acknowledge(*receive(), refusal);
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->refuses("a") && refused->refuses("b") && !refused->refuses("c"));
  const auto removal = receive();
  ASSERT_TRUE(removal);
  EXPECT_THAT(removal->removed_resources(), ElementsAre("a", "b"));
  EXPECT_EQ(removal->resources_size(), 0);
  acknowledge(*removal);
  const auto again = receive();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->resources_size(), 2);
  // If that does not help, what is in force stays, and they are offered again later.
  acknowledge(*again, refusal);
  EXPECT_FALSE(receive());
  now_ += seconds(60);
  const auto later = receive();
  ASSERT_TRUE(later);
  EXPECT_EQ(later->resources_size(), 2);
  acknowledge(*later);
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(DeltaStreamTest, AListenerWhoseAddressGetsFreeIsNotRemoved) {
  subscribe(ResourceType::kListener);
  for (const char* name : {"a", "b"}) put(ResourceType::kListener, name, "1");
  settle();
  for (const char* name : {"a", "b"}) put(ResourceType::kListener, name, "2");
  acknowledge(*receive(), "'a' has duplicate address");
  EXPECT_FALSE(receive());
}

// Plays an Envoy that refuses endpoints with "bad" in them, and does not say which.
TEST_F(DeltaStreamTest, ARefusalThatNamesNobodyIsLookedIntoInHalves) {
  std::vector<std::string> names;
  names.reserve(100);
  for (int i = 0; i < 100; ++i) names.push_back("e" + std::to_string(i));
  for (const auto& name : names) put(ResourceType::kEndpoints, name, name == "e37" ? "bad" : "1");
  subscribe(ResourceType::kEndpoints, names);
  std::vector<std::string> blamed;
  std::set<std::string> taken_in;
  int responses = 0;
  while (const auto response = receive()) {
    ++responses;
    bool bad = false;
    for (const auto& it : response->resources()) bad |= it.resource().value() == "bad";
    const auto answer = acknowledge(*response, bad ? "something is bad" : "");
    if (!bad)
      for (const auto& it : response->resources()) taken_in.insert(it.name());
    if (!answer || answer->refusal.empty()) continue;
    for (const auto& [name, version] : answer->resources) {
      EXPECT_TRUE(answer->refuses(name));
      blamed.push_back(name);
    }
  }
  EXPECT_THAT(blamed, ElementsAre("e37"));
  EXPECT_EQ(taken_in.size(), 99u);
  EXPECT_LE(responses, 16);
}

TEST_F(DeltaStreamTest, ARefusalIsAboutTheOnesThatItNames) {
  for (const char* name : {"b/a", "b/a2", "c"}) put(ResourceType::kCluster, name, "1");
  subscribe(ResourceType::kCluster);
  const auto response = receive();
  ASSERT_TRUE(response);
  const auto answer = acknowledge(*response, "Error adding cluster(s) b/a2: no good");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->resources.size(), 3u);
  EXPECT_TRUE(answer->refuses("b/a2"));
  EXPECT_FALSE(answer->refuses("b/a"));
  EXPECT_FALSE(answer->refuses("c"));
}

TEST_F(DeltaStreamTest, ARefusedListenerIsOfferedAgainMoreAndMoreSeldom) {
  put(ResourceType::kListener, "l", "1");
  subscribe(ResourceType::kListener);
  for (const int pause : {1, 2, 4, 8, 16, 30, 30}) {
    const auto response = receive();
    ASSERT_TRUE(response) << pause;
    acknowledge(*response, "cannot bind");
    EXPECT_FALSE(receive());
    EXPECT_EQ(stream_.deadline(), now_ + seconds(pause));
    now_ += seconds(pause);
  }
  EXPECT_THAT(settle(), ElementsAre("listeners +l"));
  EXPECT_FALSE(stream_.deadline());
}

}  // namespace
}  // namespace limen::xds
