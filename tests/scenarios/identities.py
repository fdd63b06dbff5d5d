# SPDX-License-Identifier: Apache-2.0
"""identities - certificates for hostile and for honest peers, made with openssl alone.

The certificates that the project makes itself are tested elsewhere; a peer that lies needs
some that the project would never make: expired, early, of a wrong CA, of a wrong name."""

import subprocess


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}: {done.stderr.decode()}"
    return done.stdout


class Identity:
    """A certificate and its key, both as PEM files."""

    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key

    def der(self):
        return openssl("x509", "-in", self.certificate, "-outform", "DER")


def new_key(path, kind="rsa-2048"):
    if kind.startswith("rsa-"):
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + kind[4:], "-out",
                path)
    else:
        curve = {"ec-p256": "P-256", "ec-p384": "P-384", "ec-p521": "P-521"}[kind]
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve, "-out",
                path)
    return path


def stored_key(folder, name, pem):
    """A key of a keykeeper's folder, for a peer that plays its owner: DER to PEM."""
    openssl("pkey", "-inform", "DER", "-in", folder / name, "-out", pem)
    pem.chmod(0o600)
    return pem


CA_CONFIGURATION = """
[ca]
default_ca = this
[this]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
organizationName = optional
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = unused
"""


class Authority:
    """A CA by openssl: of its own, or with the key of one that the site trusts."""

    def __init__(self, folder, certificate=None, key=None, name="Some CA"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (folder / "index.txt").write_text("")
        (folder / "serial").write_text("1000\n")
        self.configuration = folder / "ca.cnf"
        self.configuration.write_text(CA_CONFIGURATION.format(folder=folder))
        if certificate is None:
            key = new_key(folder / "ca.key")
            certificate = folder / "ca.pem"
            openssl("req", "-new", "-x509", "-key", key, "-subj", "/CN=" + name, "-days", "3650",
                    "-config", self.configuration, "-extensions", "authority", "-out", certificate)
        self.certificate, self.key = certificate, key

    def issue(self, common_name, kind="rsa-2048", start="20200101000000Z", end="20400101000000Z",
              organization=None, key=None, extensions="leaf"):
        stem = self.folder / ("leaf-%d" % len(list(self.folder.glob("leaf-*.pem"))))
        key = key or new_key(stem.with_suffix(".key"), kind)
        request, certificate = stem.with_suffix(".csr"), stem.with_suffix(".pem")
        subject = "/CN=" + common_name + ("/O=" + organization if organization else "")
        openssl("req", "-new", "-key", key, "-subj", subject, "-config", self.configuration,
                "-out", request)
        openssl("ca", "-batch", "-notext", "-config", self.configuration, "-cert",
                self.certificate, "-keyfile", self.key, "-in", request, "-out", certificate,
                "-startdate", start, "-enddate", end, "-extensions", extensions)
        return Identity(certificate, key)

    def issue_for(self, public_key, common_name):
        """DER of a certificate for a public key (DER) whose private key is somebody else's."""
        path = self.folder / ("for-%d.pem" % len(list(self.folder.glob("for-*.pem"))))
        own = new_key(path.with_suffix(".key"))
        path.write_bytes(openssl("pkey", "-pubin", "-inform", "DER", data=public_key))
        request = openssl("req", "-new", "-key", own, "-subj", "/CN=" + common_name, "-config",
                          self.configuration)
        return openssl("x509", "-req", "-CA", self.certificate, "-CAkey", self.key, "-set_serial",
                       "4711", "-days", "3650", "-extfile", self.configuration, "-extensions",
                       "leaf", "-force_pubkey", path, "-outform", "DER", data=request)
