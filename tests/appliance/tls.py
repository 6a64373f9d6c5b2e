#!/usr/bin/env python3
"""Certificates of a real authority on booted machines: tests/appliance/tls.py --repository DIR [SUITE…]

The authority, Pebble, runs on the machine's loopback and looks at ports 80 and 443 whose name it is; a name server beside
it says that every name is this machine.
"""
import json
import re
import shutil
import sys
import time

from run import INSTALL, Appliance, expect, main, wait

SETTINGS = "/etc/talentprompt/talentprompt.toml"
NAME = "talent.example.com"
CA = "/etc/ssl/pebble"
DROP_IN = "/etc/systemd/system/talentprompt.service.d"
# How long each certificate holds, in seconds.
LIFE = 60
OWN = f"""mkdir -p {CA}; cd {CA}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=authority -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout own.key -out own.csr
printf subjectAltName=DNS:localhost >own.ext
openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9 -extfile own.ext -out own.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=edge -keyout edge.key -out edge.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=visitor -keyout visitor.key -out visitor.csr
printf extendedKeyUsage=clientAuth >visitor.ext
openssl x509 -req -in visitor.csr -CA edge.pem -CAkey edge.key -CAcreateserial -days 9 -extfile visitor.ext -out visitor.pem
chmod 644 ca.pem edge.pem"""


class Certificates(Appliance):
    """The tests, in the order in which they use one machine."""

    def ask(self, path, *options):
        """Asks by https, trusting the authority alone; answers what curl printed, or nothing."""
        options = " ".join(options)
        return self.run(f"curl -s --max-time 20 --cacert /root/root.pem --resolve {NAME}:443:127.0.0.1 {options} "
                        f"https://{NAME}{path}", check=False)

    def serial(self):
        """The number of the certificate that is shown; nothing while none is trusted."""
        told = self.run(f"openssl s_client -connect 127.0.0.1:443 -servername {NAME} -CAfile /root/root.pem "
                        "-verify_return_error </dev/null 2>/dev/null | openssl x509 -noout -serial", check=False)
        return told if told.startswith("serial=") else ""

    def configure(self, **keys):
        """Writes the section, and lets systemd and the appliance take it up."""
        section = {"mode": "acme", "domains": [NAME], "directory": "https://localhost:14000/dir", "ca_file": f"{CA}/ca.pem", **keys}
        text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in section.items())
        self.run(f"cp -a /root/kept.toml {SETTINGS}; printf '%s' '[tls]\n{text}' >>{SETTINGS}; talentprompt config check; "
                 "systemctl daemon-reload; systemctl restart talentprompt.socket; systemctl start talentprompt.target")
        wait("the appliance is ready", self.ready, 60)

    def forget(self):
        """Removes what was issued."""
        self.run("rm -r /var/lib/talentprompt/tls/*")

    def authority(self):
        """Lets an authority run on the machine, and the appliance use it whatever name it is told."""
        for program in ("pebble", "pebble-challtestsrv"):
            shutil.copy(shutil.which(program), self.machine.root / "usr/local/bin")
        self.run(OWN)
        settings = {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
                    "certificate": f"{CA}/own.pem", "privateKey": f"{CA}/own.key", "httpPort": 80, "tlsPort": 443,
                    "certificateValidityPeriod": LIFE}
        (self.machine.root / "root/pebble.json").write_text(json.dumps({"pebble": settings}))
        names = "-dns01 127.0.0.1:8053 -defaultIPv6 '' -http01 '' -https01 '' -tlsalpn01 '' -management 127.0.0.1:8055"
        self.run(f"systemd-run --quiet --unit=names pebble-challtestsrv {names}; "
                 "systemd-run --quiet --unit=authority -EPEBBLE_VA_NOSLEEP=1 -EPEBBLE_AUTHZREUSE=0 "
                 "pebble -strict -dnsserver 127.0.0.1:8053 -config /root/pebble.json")
        wait("the authority answers", lambda: "BEGIN" in self.run(
            "curl -sk https://localhost:15000/roots/0 | tee /root/root.pem", check=False))
        (self.machine.root / "etc/hosts").write_text(f"127.0.0.1 localhost {NAME}\n")
        self.run(f"mkdir -p {DROP_IN}; printf '[Service]\nEnvironment=TALENTPROMPT__TLS__DIRECTORY=https://localhost:14000/dir "
                 f"TALENTPROMPT__TLS__CA_FILE={CA}/ca.pem\n' >{DROP_IN}/authority.conf")

    def it_is_installed_with_the_name_that_was_answered_before(self):
        self.authority()
        answers = f"talentprompt talentprompt/domain string {NAME}\ntalentprompt talentprompt/contact string it@example.com\n"
        self.run(f"printf '{answers}' | debconf-set-selections")
        self.use_repository()
        self.run(INSTALL)
        wait("a certificate is shown", self.serial, 60)
        section = self.run(f"sed -n '/^.tls/,$p' {SETTINGS}").splitlines()
        expect(section == ["[tls]", 'mode = "acme"', f'domains = ["{NAME}"]', 'contact = "it@example.com"'], section)
        expect(self.run("talentprompt owner-link").startswith(f"https://{NAME}/setup?token="), "the link has another name")
        self.run(f"sed '/^.tls/,$d' {SETTINGS} >/root/kept.toml; chown --reference={SETTINGS} /root/kept.toml; "
                 "chmod 640 /root/kept.toml")
        self.without_https_it_is_as_before()
        self.forget()

    def the_first_page_gives_the_server_its_name(self):
        token = self.run("talentprompt owner-link").partition("token=")[2]
        wanted = "-H 'Content-Type: application/json' -w ' %{http_code}' -d"
        ask = "http://127.0.0.1/api/v1/setup"
        expect(json.loads(self.run(f"curl -s {ask}")) == {"needed": True, "takes_domain": True}, "no name is asked for")
        self.run(f"cp -a {SETTINGS} /root/as-it-was; printf '[tls]\nmode = \"off\"\n' >>{SETTINGS}; "
                 "systemctl restart talentprompt")
        wait("the appliance is ready", self.ready, 60)
        expect(json.loads(self.run(f"curl -s {ask}"))["takes_domain"] is False, "a name is asked for in vain")
        self.run(f"mv /root/as-it-was {SETTINGS}; systemctl restart talentprompt")
        wait("the appliance is ready", self.ready, 60)
        wrong = json.dumps({"token": token, "domain": "elsewhere.invalid"})
        told = self.run(f"curl -s {wanted} '{wrong}' {ask}/domain")
        expect(told.endswith("422") and "no such name" in told, told)
        right = json.dumps({"token": token, "domain": NAME, "contact": "it@example.com"})
        told = self.run(f"curl -s {wanted} '{right}' {ask}/domain")
        expect(told == "204", told)
        wait("a certificate is shown", self.serial, 60)
        told = self.run(f"curl -s -o /dev/null -w '%{{http_code}} %{{redirect_url}}' '{ask}'")
        expect(told == f"308 https://{NAME}/api/v1/setup", told)
        state = json.loads(self.ask("/api/v1/setup"))
        expect(state == {"needed": True, "takes_domain": False}, state)
        left = self.run("stat -c '%a %U %G' /etc/talentprompt/talentprompt.toml; ls -A /var/lib/talentprompt/wanted /etc/talentprompt")
        expect(left.startswith("640 root talentprompt") and "domain.json" not in left and ".tmp" not in left, left)
        expect(self.show("talentprompt-domain.service", "Result") == "success", self.run("journalctl -u talentprompt-domain"))

    def a_name_that_was_not_taken_is_told_by_the_doctor(self):
        wanted = "/var/lib/talentprompt/wanted"
        self.run(f"echo '{{\"domain\":\"again.example.com\"}}' >{wanted}/new; mv {wanted}/new {wanted}/domain.json")
        wait("it is refused", lambda: self.show("talentprompt-domain.service", "ActiveState") == "failed")
        doctor = self.run("talentprompt doctor || true")
        expect(re.search(r"error +domain +talentprompt-domain.service failed", doctor), doctor)
        self.run("systemctl reset-failed talentprompt-domain.service")
        expect("talentprompt-domain.service failed" not in self.run("talentprompt doctor || true"), "it is told for ever")

    def the_first_account_is_made(self):
        self.run(f"rm -r {DROP_IN}; systemctl daemon-reload")
        self.without_https_it_is_as_before()
        self.forget()
        self.sign_up()

    def it_obtains_a_certificate_and_serves_https(self):
        self.configure(challenge="http-01")
        wait("a certificate is shown", self.serial, 60)
        told = self.ask("/healthz", "-w '%{http_version} %{http_code}'")
        expect(told == "ok\n2 200", told)
        expect("max-age=31536000" in self.ask("/", "-I"), "no Strict-Transport-Security")

    def the_open_port_leads_to_https(self):
        told = self.run("curl -s -o /dev/null -w '%{http_code} %{redirect_url}' 'http://127.0.0.1/candidates?q=a'")
        expect(told == f"308 https://{NAME}/candidates?q=a", told)

    def it_listens_on_its_two_ports_and_nowhere_else(self):
        outside = sorted(line.split()[4] for line in self.run("ss -Hlntu").splitlines()
                         if not re.search(r"(127\.0\.0\.\d+|\[::1\])(%\w+)?:\d+ ", line))
        expect(outside == ["*:443", "*:80"], f"reached from outside: {outside}")

    def what_it_keeps_is_its_own_alone(self):
        told = self.run("cd /var/lib/talentprompt; stat -c '%a %U %n' tls tls/* tls/*/*").splitlines()
        folder = "tls/localhost-14000-dir"
        expect(told == ["700 talentprompt tls", f"700 talentprompt {folder}", f"600 talentprompt {folder}/account.json",
                        f"600 talentprompt {folder}/certificate.pem"], told)

    def the_certificate_is_renewed_before_it_ends(self):
        before = self.serial()
        wait("it is renewed", lambda: self.serial() not in ("", before), LIFE)
        doctor = json.loads(self.run("talentprompt doctor --json || true"))
        levels = {one["check"]: one["level"] for one in doctor}
        for check in ("https", "https port", "certificate", "certificate names", "certificate key", "certificate authority"):
            expect(levels[check] == "ok", (check, doctor))

    def no_request_by_https_is_lost_over_restarts(self):
        asking = (f"n=0; while [ ! -e /run/enough ]; do curl -sf --max-time 20 -o /dev/null --cacert /root/root.pem "
                  f"--resolve {NAME}:443:127.0.0.1 https://{NAME}/healthz || echo failed $?; n=$((n+1)); done; echo asked $n")
        (self.machine.root / "root/ask.sh").write_text(asking)
        self.run("systemd-run --quiet --unit=asking -p StandardOutput=file:/run/asked sh /root/ask.sh")
        for _ in range(3):
            time.sleep(1)
            self.run("systemctl restart talentprompt.service")
            wait("it is ready", self.ready, 60)
        self.run("touch /run/enough")
        told = wait("all is asked", lambda: (said := self.run("cat /run/asked")) if "asked" in self.run("cat /run/asked") else "")
        expect("failed" not in told and int(told.split()[-1]) > 20, told)
        self.run("rm /run/enough")

    def it_proves_its_name_by_a_certificate_as_well(self):
        self.forget()
        self.configure(challenge="tls-alpn-01")
        wait("a certificate is shown", self.serial, 60)

    def who_shows_no_certificate_of_the_edge_is_not_let_in(self):
        self.configure(client_ca=f"{CA}/edge.pem")
        edge = f"--cert {CA}/visitor.pem --key {CA}/visitor.key"
        wait("the edge is let in", lambda: self.ask("/healthz", edge) == "ok", 60)
        expect(self.ask("/healthz") == "", "somebody else is let in")

    def a_certificate_that_has_ended_is_still_shown_and_told(self):
        self.configure()
        wait("a certificate is shown", self.serial, 60)
        self.run("systemctl stop authority")
        wait("it has ended", lambda: not self.serial(), 2 * LIFE)
        expect(self.ask("/healthz", "--insecure") == "ok", "nothing is served")
        doctor = self.run("talentprompt doctor || true")
        expect("has ended" in doctor and "certificate authority" in doctor, doctor)

    def without_https_it_is_as_before(self):
        self.run(f"cp -a /root/kept.toml {SETTINGS}; systemctl daemon-reload; systemctl restart talentprompt.socket; "
                 "systemctl start talentprompt.target")
        wait("the appliance is ready", self.ready, 60)
        told = self.run("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/api/v1/setup")
        expect(told == "200", f"the open port answers {told}")
        expect("*:443" not in self.run("ss -Hlnt"), "port 443 is still held")


if __name__ == "__main__":
    sys.exit(main(Certificates, "Certificates of a real authority on booted machines."))
