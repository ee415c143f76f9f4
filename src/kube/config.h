// How to reach an API server and who we are there: from a kubeconfig or from a pod's service
// account.  Reads files; any thread.
//
// Source: client-go's clientcmd (v1.Config) and rest.InClusterConfig.  Not supported, and refused
// by the field's name: exec and auth-provider credentials, user name and password, a proxy, plain
// HTTP and insecure-skip-tls-verify: the server is always verified.
#pragma once

#include <string>

#include "base/result.h"

namespace limen::kube {

// Text that stands in the configuration, or in a file that is read whenever it is needed, so that
// what is rotated takes effect.
struct TextOrFile {
  std::string text;
  std::string file;  // "": `text` is meant

  bool empty() const { return text.empty() && file.empty(); }
  Result<std::string> read() const;
};

struct Config {
  std::string source;  // for messages: "/root/.kube/config (context dev)"
  std::string host;    // name or IP address, without brackets
  std::string port = "443";
  std::string path;             // in front of all paths: "/clusters/a"; mostly ""
  std::string tls_name;         // that the server's certificate is for; "": `host`
  TextOrFile ca;                // PEM; empty: the system's
  TextOrFile certificate, key;  // PEM; empty: none
  TextOrFile token;
  std::string name_space = "default";  // of the context or pod

  // "10.0.0.1:443", "[::1]:6443": the Host header.
  std::string authority() const;
};

// Where things are looked for; tests say otherwise.
struct ConfigPlaces {
  std::string kubeconfig;  // the flag; "": $KUBECONFIG, the pod's service account, ~/.kube/config
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
};

// An error names file and field.  Everything that is read later is read once, so that it is known
// to be there.
Result<Config> find_config(const ConfigPlaces& places);

Result<Config> load_kubeconfig(const std::string& file);
// By KUBERNETES_SERVICE_HOST and _PORT.
Result<Config> in_cluster(const std::string& service_account);

}  // namespace limen::kube
