/**
 * Proofs of pairing, fixed literally and made by another program (Python's hmac): what the box, the web app and the
 * command line must each compute.
 */
export const PAIRING_VECTORS = {
  box: "abcdefghij234567",
  /** As normalised; shown as WDJB-MJHT. */
  code: "WDJBMJHT",
  /** HKDF-SHA-256 of the code, hex. */
  codeKey: "7abd1b885845b06a751844953759b1731c8f642eefc15723fb4ba370f83ba65a",
  /** Bytes 00..0f. */
  secret: "AAECAwQFBgcICQoLDA0ODw",
  /** What the QR code's address ends with. */
  fragment: "#p=1.AAECAwQFBgc.AAECAwQFBgcICQoLDA0ODw",
  nonce: "ZGVmZ2hpamtsbW5vcHFycw",
  /** A P-256 key (RFC 7517 appendix A.1) and its RFC 7638 thumbprint. */
  key: {
    kty: "EC",
    crv: "P-256",
    x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
  },
  thumbprint: "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
  cases: [
    {
      name: "code typed, client with a key",
      by: "code",
      offer: "",
      thumbprint: "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
      proof: "XdQnbngQMZPyMIIRFqvU4NOFJzocIikVouGXeuyV_5I",
    },
    {
      name: "QR scanned, client with a key",
      by: "secret",
      offer: "AAECAwQFBgc",
      thumbprint: "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
      proof: "ZHy0gKTuaG_VnKusz0YE9m3fPFTa1T5cuTA-LAoZW6I",
    },
    {
      name: "code typed, LAN viewer",
      by: "code",
      offer: "",
      thumbprint: "",
      proof: "Na6I5mlsUKRGPEh8ReLbPCVFC2ApsoKbsnqYHjnUUDU",
    },
    {
      name: "QR scanned, LAN viewer",
      by: "secret",
      offer: "AAECAwQFBgc",
      thumbprint: "",
      proof: "dLAyzXlqOLBNF7Tta2WGWW8KQEetD_IZB3w1JihIA4I",
    },
  ],
} as const;
