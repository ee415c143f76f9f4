#include "kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "base/files.h"

namespace limen::kube {
namespace {

using testing::HasSubstr;

constexpr char kWhole[] = R"(
apiVersion: v1
kind: Config
current-context: dev
contexts:
- name: other
  context: {cluster: none, user: none}
- name: dev
  context: {cluster: a, user: b, namespace: web}
clusters:
- name: a
  cluster: {server: "https://[::1]:6443/base/", certificate-authority: pki/ca.crt, tls-server-name: kubernetes}
users:
- name: b
  user: {client-certificate-data: Y2VydA==, client-key: /keys/k, token: t, tokenFile: token}
)";

Result<Config> parse(const std::string& text) {
  return parse_kubeconfig(text, "config", "/home/u");
}

// kWhole with one piece replaced.
std::string error_of(const std::string& piece, const std::string& by) {
  std::string text = kWhole;
  const size_t at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  const auto config = parse(text.replace(at, piece.size(), by));
  return config ? "" : config.error().message;
}

TEST(Kubeconfig, TheCurrentContextCounts) {
  const auto config = parse(kWhole);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->source, "config (context dev)");
  EXPECT_EQ(config->host, "::1");
  EXPECT_EQ(config->authority(), "[::1]:6443");
  EXPECT_EQ(config->path, "/base");
  EXPECT_EQ(config->tls_name, "kubernetes");
  EXPECT_EQ(config->ca.file, "/home/u/pki/ca.crt");
  EXPECT_EQ(config->certificate.text, "cert");
  EXPECT_EQ(config->key.file, "/keys/k");
  EXPECT_EQ(config->token.file, "/home/u/token");
  EXPECT_EQ(config->name_space, "web");
}

TEST(Kubeconfig, PortAndNamespaceByDefault) {
  const auto config = parse(
      "{current-context: c, contexts: [{name: c, context: {cluster: a}}],"
      " clusters: [{name: a, cluster: {server: 'https://api.test'}}]}");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->authority(), "api.test:443");
  EXPECT_EQ(config->name_space, "default");
  EXPECT_TRUE(config->ca.empty());
}

TEST(Kubeconfig, ErrorsNameFileLineAndField) {
  EXPECT_EQ(error_of("https://[::1]:6443/base/", "http://h"),
            "config:12: clusters[a].cluster.server: 'http://h' must begin with https://");
  EXPECT_THAT(error_of("https://[::1]:6443/base/", "https://h:x"), HasSubstr("HOST[:PORT]"));
  EXPECT_THAT(error_of("current-context: dev", "current-context: prod"),
              HasSubstr("contexts: has no entry named 'prod'"));
  EXPECT_THAT(error_of("cluster: a,", "cluster: z,"),
              HasSubstr("clusters: has no entry named 'z'"));
  EXPECT_THAT(error_of("Y2VydA==", "'?'"), HasSubstr("client-certificate-data: is not base64"));
  EXPECT_THAT(error_of("client-key: /keys/k, ", ""), HasSubstr("belong together"));
  EXPECT_THAT(error_of("token: t", "exec: {command: aws}"),
              HasSubstr("config:15: users[b].user.exec: is not supported"));
  EXPECT_THAT(error_of("tls-server-name: kubernetes", "insecure-skip-tls-verify: true"),
              HasSubstr("insecure-skip-tls-verify: is not supported"));
  EXPECT_THAT(error_of("kind: Config", "kind: {"), HasSubstr("config:"));
  EXPECT_EQ(parse("").error().message, "config: is empty");
}

class Places : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/limen-config-XXXXXX";
    folder_ = ::mkdtemp(name);
    for (const char* variable :
         {"KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"})
      ::unsetenv(variable);
    ::setenv("HOME", folder_.c_str(), 1);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder_ + "/" + name, text, 0600));
  }

  Result<Config> find() { return find_config({"", folder_}); }

  std::string folder_;
};

TEST_F(Places, InAPod) {
  ::setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
  EXPECT_THAT(find().error().message, HasSubstr("KUBERNETES_SERVICE_PORT"));
  ::setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  EXPECT_THAT(find().error().message, HasSubstr(folder_ + "/ca.crt"));
  write("ca.crt", "ca");
  write("token", "first\n");
  write("namespace", "limen-system");
  const auto config = find();
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->authority(), "10.0.0.1:443");
  EXPECT_EQ(config->name_space, "limen-system");
  EXPECT_EQ(*config->token.read(), "first");
  write("token", "second\n");  // as the kubelet rotates it
  EXPECT_EQ(*config->token.read(), "second");
}

TEST_F(Places, NowhereAnything) {
  EXPECT_THAT(find().error().message, HasSubstr("name a file with --kubeconfig"));
}

TEST_F(Places, AFileThatTheConfigurationNamesIsMissing) {
  write("c", kWhole);
  ::setenv("KUBECONFIG", (folder_ + "/c").c_str(), 1);
  EXPECT_THAT(find().error().message, HasSubstr(folder_ + "/pki/ca.crt"));
}

}  // namespace
}  // namespace limen::kube
