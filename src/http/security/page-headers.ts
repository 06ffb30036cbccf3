/** What the pages may load and do: nothing that is not of this server, and nothing that is written into them. */
export const pageSecurityPolicy: string = [
  "default-src 'self'",
  // Previews of pictures that were dropped, drawn or photographed.
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "style-src 'self'",
  "script-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of everything that pages consist of. */
export const assetHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  // Pages of others get nothing of it, not even as a picture or script.
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * Of the pages themselves. No Strict-Transport-Security: whether there is TLS in front of the server is not for the
 * server to say.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  ...assetHeaders,
  'Content-Security-Policy': pageSecurityPolicy,
  'Permissions-Policy': 'camera=(self), microphone=(), geolocation=(), payment=(), usb=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
};
