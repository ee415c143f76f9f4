#include "infra/kube/sidecar.h"

#include "infra/kube/differences.h"

namespace limen::infra {
namespace {

Json* sidecar_of(Json& pods) {
  Json* spec = pods.find("spec");
  Json* containers = spec == nullptr ? nullptr : spec->find("containers");
  if (containers == nullptr || !containers->is_array()) return nullptr;
  for (Json& container : containers->as_array()) {
    if (container.text("name") == kSidecar) return &container;
  }
  return nullptr;
}

}  // namespace

void keep_sidecar(const Json& pods, Json& workload) {
  Json* spec = workload.find("spec");
  Json* wanted = spec == nullptr ? nullptr : spec->find("template");
  Json present = pods;
  const Json* there = sidecar_of(present);
  if (wanted == nullptr || there == nullptr) return;
  Json candidate = *wanted;
  Json* sidecar = sidecar_of(candidate);
  if (sidecar == nullptr) return;
  sidecar->set("image", std::string(there->text("image")));
  if (differences(candidate, pods).empty()) *wanted = std::move(candidate);
}

}  // namespace limen::infra
