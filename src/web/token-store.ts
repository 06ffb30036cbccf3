const key = 'hornet-token';

/**
 * The token of this tab. It is kept in sessionStorage: a reload keeps it, closing the tab forgets it, and other tabs
 * never see it. Where the browser refuses that, it is kept in memory until the page is left.
 */
export class TokenStore {
  #token: string | null = read();

  get token(): string | null {
    return this.#token;
  }

  set token(token: string | null) {
    this.#token = token;
    try {
      if (token === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, token);
    } catch {
      // It is in memory.
    }
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
