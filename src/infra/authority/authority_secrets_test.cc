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
  void settle() {
    loop_.after(milliseconds(60), [this] { loop_.stop(); });
    loop_.run();
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
  settle();
  ASSERT_TRUE(a->ready() && b->ready());
  EXPECT_EQ(server_.creates, 2);
  EXPECT_EQ(a->ca(), b->ca());
  EXPECT_EQ(a->server(), b->server());
  EXPECT_EQ(a->server(), in_secret());
  EXPECT_EQ(b->reason_to_renew(*a->issue("default/web"), "default/web"), "");
  EXPECT_NE(b->reason_to_renew(*a->issue("default/web"), "default/other"), "");
}

TEST_F(AuthoritySecretsTest, OnlyTheLeaderRenews) {
  const auto a = replica(), b = replica();
  server_.connect(*a);
  server_.connect(*b);
  settle();
  const Credentials first = a->server();
  now_ += hours(21);
  settle();
  EXPECT_EQ(server_.replaces, 0);
  b->set_active(true);
  settle();
  EXPECT_EQ(server_.replaces, 1);
  EXPECT_NE(a->server(), first);
  EXPECT_EQ(a->server(), b->server());
}

TEST_F(AuthoritySecretsTest, ANewAuthorityComesWithOverlap) {
  const auto a = replica();
  server_.connect(*a);
  a->set_active(true);
  settle();
  const std::string first = a->ca();
  const Credentials proxy = *a->issue("default/web");
  now_ += hours(201);
  settle();
  EXPECT_TRUE(a->ca().starts_with(first)) << "the first one signs still";
  EXPECT_GT(a->ca().size(), first.size());
  EXPECT_EQ(a->server().ca, a->ca());
  now_ += hours(3);
  settle();
  EXPECT_TRUE(a->ca().ends_with(first)) << "it is trusted still";
  EXPECT_EQ(a->reason_to_renew(proxy, "default/web"), "it was not signed by the present authority");
  EXPECT_EQ(read_authority(server_.secrets.at(kAuthoritySecret))->trusted(), a->ca());
}

TEST_F(AuthoritySecretsTest, WhatCannotBeUsedLeavesTheLastGoodOneInForce) {
  const auto a = replica();
  server_.connect(*a);
  settle();
  const Credentials good = a->server();
  Json secret = server_.secrets.at(kServerSecret);
  secret.find("data")->set("tls.key", encode_base64("no key"));
  server_.put(kServerSecret, secret);
  settle();
  EXPECT_EQ(a->server(), good);
  a->set_active(true);
  settle();
  EXPECT_NE(a->server(), good) << "the leader makes it good again";
  EXPECT_EQ(a->server(), in_secret());
}

TEST_F(AuthoritySecretsTest, SecretsOfOthersAreUsedAndNotRenewed) {
  const auto a = replica();
  server_.connect(*a);
  settle();
  Json secret = server_.secrets.at(kServerSecret);
  secret.find("metadata")->set("labels", Json::Object{});
  server_.put(kServerSecret, secret);
  a->set_active(true);
  now_ += hours(29);
  settle();
  EXPECT_EQ(server_.replaces, 0);
  EXPECT_EQ(a->server(), in_secret());
}

TEST_F(AuthoritySecretsTest, ADeletedAuthorityIsReplacedAtOnce) {
  const auto a = replica();
  server_.connect(*a);
  a->set_active(true);
  settle();
  const Credentials before = a->server();
  const std::string first = a->ca();
  server_.remove(kAuthoritySecret);
  settle();
  EXPECT_NE(a->ca(), first);
  EXPECT_NE(a->server(), before);
  EXPECT_EQ(a->server().ca, a->ca());
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
