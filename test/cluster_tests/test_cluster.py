"""The test cluster itself, without Limen."""

import pytest

from harness import answers, await_true

ECHO = """
apiVersion: v1
kind: Namespace
metadata: {name: smoke}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: content, namespace: smoke}
data: {hello: world}
---
apiVersion: v1
kind: Service
metadata: {name: echo, namespace: smoke}
spec:
  type: LoadBalancer
  externalIPs: [NET.129.77]
  selector: {app: echo}
  ports: [{port: 80, targetPort: 3000}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo, namespace: smoke}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      containers:
      - name: echo
        image: example.com/echo-basic:v1
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: HELLO, valueFrom: {configMapKeyRef: {name: content, key: hello}}}
        volumeMounts: [{name: content, mountPath: /etc/content}]
        readinessProbe: {httpGet: {path: /, port: 3000}}
        lifecycle: {preStop: {exec: {command: [sh, -c, echo bye]}}}
      volumes: [{name: content, configMap: {name: content}}]
"""


@pytest.fixture(scope="module")
def pod(cluster):
    """One of two, with two Services."""
    cluster.apply(ECHO.replace("NET", cluster.net))
    cluster.kubectl("-n", "smoke", "rollout", "status", "deployment/echo", "--timeout=60s")
    return cluster.get("pods", "-n", "smoke", "-l", "app=echo")["items"][0]


def inside(cluster, pod, command):
    return cluster.exec(f"smoke/{pod['metadata']['name']}", command)


def test_addresses_of_services_answer(cluster, pod):
    service = cluster.get("service", "-n", "smoke", "echo")
    assert answers(service["spec"]["clusterIP"]) == 200
    assert answers(service["status"]["loadBalancer"]["ingress"][0]["ip"]) == 200
    assert answers(f"{cluster.net}.129.77") == 200
    assert answers(pod["status"]["podIP"], 3000) == 200
    assert answers(f"{cluster.net}.128.250") is None  # nobody's


def test_a_pod_reaches_services_by_name(cluster, pod):
    for host in ("echo", "kubernetes.default.svc.cluster.local"):
        assert f"{cluster.net}." in inside(cluster, pod, f"getent hosts {host}")
    ask = r"exec 3<>/dev/tcp/echo/80; printf 'GET / HTTP/1.0\r\n\r\n' >&3; head -1 <&3"
    for _ in range(6):  # the other pod of its own Service, and itself
        assert "200" in inside(cluster, pod, f'bash -c "{ask}"')


def test_config_maps_reach_pods(cluster, pod):
    assert inside(cluster, pod, "cat /etc/content/hello; echo $HELLO") == "worldworld\n"
    cluster.kubectl("-n", "smoke", "patch", "configmap", "content", "--type=merge", "-p", '{"data": {"hello": "again"}}')
    await_true(lambda: inside(cluster, pod, "cat /etc/content/hello") == "again")


def test_logs_are_read(cluster, pod):
    assert "Starting server" in cluster.kubectl("-n", "smoke", "logs", pod["metadata"]["name"])


def test_a_crashed_container_is_started_again(cluster, pod):
    cluster.run("cluster", "kill", f"smoke/{pod['metadata']['name']}")

    def is_back():
        now = cluster.get("pod", "-n", "smoke", pod["metadata"]["name"])["status"]["containerStatuses"][0]
        return now["restartCount"] == 1 and now["ready"]
    await_true(is_back)


def test_a_pod_that_fails_once_is_failed(cluster, pod):
    cluster.kubectl("-n", "smoke", "run", "once", "--image=example.com/echo-basic:v1", "--restart=Never", "--command", "--",
                    "sh", "-c", "exit 3")
    cluster.kubectl("-n", "smoke", "wait", "--for=jsonpath={.status.phase}=Failed", "pod/once", "--timeout=20s")


def test_an_image_can_be_mapped_while_it_runs(cluster, pod):
    cluster.kubectl("-n", "smoke", "run", "unknown", "--image=example.com/nothing:1", "--restart=Never", "--", "1000")
    reason = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    cluster.kubectl("-n", "smoke", "wait", f"--for={reason}=ErrImagePull", "pod/unknown", "--timeout=20s")
    cluster.run("cluster", "image", "example.com/nothing:*", "/bin/sleep")
    cluster.kubectl("-n", "smoke", "wait", "--for=condition=Ready", "pod/unknown", "--timeout=20s")


@pytest.mark.parametrize("parts", [["kube-apiserver"], ["kube-apiserver", "etcd"]], ids="+".join)
def test_pods_outlive_the_control_plane(cluster, pod, parts):
    with cluster.without(*parts):
        assert "ENDED" in cluster.run("cluster", "status")
        assert answers(pod["status"]["podIP"], 3000) == 200
    await_true(lambda: "ENDED" not in cluster.run("cluster", "status"))
    after = cluster.get("pod", "-n", "smoke", pod["metadata"]["name"])
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]


def test_a_deleted_namespace_takes_its_pods_along(cluster, pod):
    cluster.kubectl("delete", "namespace", "smoke", "--timeout=90s")  # kube-controller-manager waits for its lease
    assert cluster.namespaces("-pod") == []
