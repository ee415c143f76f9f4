#include "infra/authority/authority_secrets.h"

#include <gtest/gtest.h>

#include "base/json_text.h"
#include "base/strings.h"

namespace limen::infra {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr char kSpace[] = "limen-system";

// The Secrets of one namespace, told to all replicas.
class SecretsServer {
 public:
  explicit SecretsServer(EventLoop& loop) : loop_(loop) {}

  AuthoritySecrets::Send sender() {
    return [this](const kube::Request& request, std::function<void(kube::Answer)> done) {
      loop_.post([this, request, done = std::move(done)] { done(answer(request)); });
    };
  }
  void connect(AuthoritySecrets& replica) {
    for (kube::Follow& follow : replica.follows()) {
      const std::string name = follow.field_selector.substr(follow.field_selector.find('=') + 1);
      const auto secret = secrets.find(name);
      kube::Delivery list{true, {}, true};
      if (secret != secrets.end()) list.events.push_back({false, secret->second});
      follow.take(std::move(list));
      follows_.emplace_back(name, std::move(follow.take));
    }
  }
  void put(const std::string& name, Json secret) {
    secret.find("metadata")->set("resourceVersion", std::to_string(++version_));
    secrets[name] = std::move(secret);
    tell(name, {false, secrets[name]});
  }
  void remove(const std::string& name) {
    const Json gone = secrets[name];
    secrets.erase(name);
    tell(name, {true, gone});
  }

  std::map<std::string, Json> secrets;
  int creates = 0, replaces = 0;

 private:
  static kube::Answer with_status(int status) {
    kube::Answer answer;
    answer.status = status;
    return answer;
  }
  kube::Answer answer(const kube::Request& request) {
    const Json object = *parse_json(request.body);
    const std::string name(object.find("metadata")->text("name"));
    const auto there = secrets.find(name);
    if (request.method == "POST") {
      if (there != secrets.end()) return with_status(409);
      ++creates;
    } else {
      if (there == secrets.end()) return with_status(404);
      if (*there->second.find("metadata") != *object.find("metadata")) return with_status(409);
      ++replaces;
    }
    put(name, object);
    kube::Answer answer = with_status(200);
    answer.body = secrets[name];
    return answer;
  }
  void tell(const std::string& name, const kube::ObjectEvent& event) {
    for (const auto& [of, take] : follows_) {
      if (of == name) loop_.post([take = take, event] { take({false, {event}, false}); });
    }
  }

  EventLoop& loop_;
  int version_ = 0;
  std::vector<std::pair<std::string, std::function<void(kube::Delivery)>>> follows_;
};

class AuthoritySecretsTest : public testing::Test {
 protected:
  AuthoritySecretsSettings settings() {
    AuthoritySecretsSettings result;
    result.name_space = kSpace;
    result.authority = {hours(300), hours(30), hours(2)};
    result.check = milliseconds(20);
    result.retry = milliseconds(5);
    result.now = [this] { return now_; };
    return result;
  }
  std::unique_ptr<AuthoritySecrets> replica() {
    return std::make_unique<AuthoritySecrets>(settings(), loop_, server_.sender(),
                                              [this] { ++changes_; });
  }
  // Until it is so, ten seconds at most.
  void await(const std::function<bool()>& so) {
    const auto deadline = EventLoop::Clock::now() + std::chrono::seconds(10);
    while (!so() && EventLoop::Clock::now() < deadline) run_for(milliseconds(5));
    EXPECT_TRUE(so());
  }
  void run_for(milliseconds time) {
    loop_.after(time, [this] { loop_.stop(); });
    loop_.run();
  }
  static bool keeps(const AuthoritySecrets& secrets, const Credentials& present,
                    const std::string& proxy) {
    return secrets.reason_to_renew(present, proxy).empty();
  }
  Credentials in_secret() { return *read_credentials(server_.secrets.at(kServerSecret)); }

  EventLoop loop_;
  SecretsServer server_{loop_};
  pki::TimePoint now_ = std::chrono::system_clock::now();
  int changes_ = 0;
};

TEST_F(AuthoritySecretsTest, ReplicasThatStartTogetherUseTheSame) {
  const auto a = replica(), b = replica();
  server_.connect(*a);
  server_.connect(*b);
  await([&] { return a->ready() && b->ready(); });
  EXPECT_EQ(server_.creates, 2);
  EXPECT_EQ(a->ca(), b->ca());
  EXPECT_EQ(a->server(), b->server());
  EXPECT_EQ(a->server(), in_secret());
  const Credentials web = *a->issue("default/web");
  EXPECT_TRUE(keeps(*b, web, "default/web"));
  EXPECT_FALSE(keeps(*b, web, "default/other"));
}

TEST_F(AuthoritySecretsTest, OnlyTheLeaderRenews) {
  const auto a = replica(), b = replica();
  server_.connect(*a);
  server_.connect(*b);
  await([&] { return a->ready() && b->ready(); });
  const Credentials first = a->server();
  now_ += hours(21);
  run_for(milliseconds(100));
  EXPECT_EQ(server_.replaces, 0);
  b->set_active(true);
  await([&] { return a->server() != first && a->server() == b->server(); });
  EXPECT_EQ(server_.replaces, 1);
}

TEST_F(AuthoritySecretsTest, ANewAuthorityComesWithOverlap) {
  const auto a = replica();
  server_.connect(*a);
  a->set_active(true);
  await([&] { return a->ready(); });
  const std::string first = a->ca();
  const Credentials proxy = *a->issue("default/web");
  now_ += hours(201);
  await([&] { return a->ca() != first && a->server().ca == a->ca(); });
  EXPECT_TRUE(a->ca().starts_with(first)) << "the first one signs still";
  EXPECT_FALSE(keeps(*a, proxy, "default/web")) << "it does not trust the next one";
  now_ += hours(3);
  await([&] { return !a->ca().starts_with(first) && a->server().ca == a->ca(); });
  EXPECT_TRUE(a->ca().ends_with(first)) << "it is trusted still";
  EXPECT_FALSE(keeps(*a, proxy, "default/web"));
  EXPECT_EQ(read_authority(server_.secrets.at(kAuthoritySecret))->trusted(), a->ca());
}

TEST_F(AuthoritySecretsTest, WhatCannotBeUsedLeavesTheLastGoodOneInForce) {
  const auto a = replica();
  server_.connect(*a);
  await([&] { return a->ready(); });
  const Credentials good = a->server();
  Json secret = server_.secrets.at(kServerSecret);
  secret.find("data")->set("tls.key", encode_base64("no key"));
  server_.put(kServerSecret, secret);
  run_for(milliseconds(100));
  EXPECT_EQ(a->server(), good);
  a->set_active(true);  // the leader makes it good again
  await([&] { return a->server() != good; });
  EXPECT_EQ(a->server(), in_secret());
}

TEST_F(AuthoritySecretsTest, SecretsOfOthersAreUsedAndNotRenewed) {
  const auto a = replica();
  server_.connect(*a);
  await([&] { return a->ready(); });
  Json secret = server_.secrets.at(kServerSecret);
  secret.find("metadata")->set("labels", Json::Object{});
  server_.put(kServerSecret, secret);
  a->set_active(true);
  now_ += hours(29);
  run_for(milliseconds(100));
  EXPECT_EQ(server_.replaces, 0);
  EXPECT_EQ(a->server(), in_secret());
}

TEST_F(AuthoritySecretsTest, ADeletedAuthorityIsReplacedAtOnce) {
  const auto a = replica();
  server_.connect(*a);
  a->set_active(true);
  await([&] { return a->ready(); });
  const std::string first = a->ca();
  server_.remove(kAuthoritySecret);
  await([&] { return a->ca() != first && a->server().ca == a->ca(); });
}

TEST(AuthoritySecrets, AnUnusableFieldIsNamed) {
  const Authority authority =
      *make_authority(AuthoritySettings(), std::chrono::system_clock::now());
  const auto error = [&](const char* name, const Json& value) {
    Json data = data_of(authority);
    data.set(name, value);
    const auto read = read_authority(Json::Object{{"data", data}});
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(error("tls.key", ""), "tls.key is missing");
  EXPECT_EQ(error("tls.crt", "%"), "tls.crt is not base64");
  EXPECT_EQ(error("old.crt", encode_base64("x")).substr(0, 36),
            "old.crt: cannot read the certificate");
  const Credentials leaf =
      *issue(authority, proxy_holder("a/b"), AuthoritySettings(), std::chrono::system_clock::now());
  EXPECT_EQ(error("tls.key", encode_base64(leaf.key)),
            "tls.crt and tls.key: the key is not the certificate's");
  const auto read = read_authority(Json::Object{{"data", data_of(leaf)}});
  EXPECT_EQ(read.error().message, "tls.crt is not the certificate of an authority (CA:TRUE)");
}

}  // namespace
}  // namespace limen::infra
