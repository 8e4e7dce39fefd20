package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A certificate and its key in PEM.
type pair struct{ cert, key []byte }

func writeFile(path string, content []byte, mode os.FileMode) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		fatal("%v", err)
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, content, mode); err != nil {
		fatal("%v", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		fatal("%v", err)
	}
}

func makeCertificate(name string, organization []string, sans []string, parent *pair) pair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fatal("%v", err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: organization},
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().Add(365 * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, san := range sans {
		if address := net.ParseIP(san); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, san)
		}
	}
	signer, signerKey := template, key
	if parent == nil {
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage |= x509.KeyUsageCertSign
		template.ExtKeyUsage = nil
		template.NotAfter = time.Now().Add(10 * 365 * 24 * time.Hour)
	} else {
		signer, signerKey = parent.parse()
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer, &key.PublicKey, signerKey)
	if err != nil {
		fatal("%v", err)
	}
	keyDer, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		fatal("%v", err)
	}
	return pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDer}),
	}
}

func (p pair) parse() (*x509.Certificate, *ecdsa.PrivateKey) {
	certBlock, _ := pem.Decode(p.cert)
	keyBlock, _ := pem.Decode(p.key)
	if certBlock == nil || keyBlock == nil {
		fatal("a CA file holds no PEM")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		fatal("%v", err)
	}
	key, err := x509.ParseECPrivateKey(keyBlock.Bytes)
	if err != nil {
		fatal("%v", err)
	}
	return cert, key
}

func readPair(base string) (pair, bool) {
	cert, certErr := os.ReadFile(base + ".crt")
	key, keyErr := os.ReadFile(base + ".key")
	return pair{cert, key}, certErr == nil && keyErr == nil
}

func (p pair) write(base string) {
	writeFile(base+".crt", p.cert, 0o644)
	writeFile(base+".key", p.key, 0o600)
}

// The authority that is there, or a new one: what was placed before the first start is used.
func authority(tlsDir, name string) pair {
	base := filepath.Join(tlsDir, name)
	if found, ok := readPair(base); ok {
		return found
	}
	made := makeCertificate("k3s-"+name+"@"+strconv.FormatInt(time.Now().Unix(), 10), nil, nil, nil)
	made.write(base)
	return made
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// The admin's kubeconfig as k3s writes it, with the name "default" for everything.
func kubeconfig(ca []byte, admin pair, port string) []byte {
	encode := base64.StdEncoding.EncodeToString
	return []byte(fmt.Sprintf(`apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: %s
    server: https://127.0.0.1:%s
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
preferences: {}
users:
- name: default
  user:
    client-certificate-data: %s
    client-key-data: %s
`, encode(ca), port, encode(admin.cert), encode(admin.key)))
}
