// Detection by the server: pictures by HTTP with a progress, frames by WebSocket. Errors say what to do.

/** An error whose text is for the person before the screen; `away` where another place would do. */
export class Told extends Error {
  constructor(text, about = {}) {
    super(text);
    Object.assign(this, about);
  }
}

const away = (what = "The server cannot be reached. Check the connection and try again.") =>
  new Told(what, { away: true });
const LOST = "The server went away, and the camera is off. Check the connection and start the camera again.";

/** A text as a WebSocket's protocol may have it; the server takes it back. */
const asToken = (text) =>
  encodeURIComponent(text).replace(/[()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);

export class Server {
  #key = "";
  #asksForKey = false;

  set key(value) {
    this.#key = value.trim();
  }

  #headers() {
    return this.#key ? { "X-API-Key": this.#key } : {};
  }

  /** What the server detects with; null where there is no server, "key" where it asks for one. */
  async about() {
    try {
      const answer = await fetch("v1/models", { headers: this.#headers() });
      this.#asksForKey = answer.status === 401;
      if (this.#asksForKey) return "key";
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  /** Sends a picture; `progress` gets the share that has been sent. */
  detect(blob, name, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const form = new FormData();
      form.append("image", blob, name);
      request.open("POST", "v1/detect");
      for (const [header, value] of Object.entries(this.#headers())) request.setRequestHeader(header, value);
      request.responseType = "json";
      request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
      request.onerror = () => reject(away());
      request.onload = () => {
        if (request.status === 200) resolve(request.response);
        else reject(this.#told(request.status, request.response, request.getResponseHeader("Retry-After")));
      };
      request.send(form);
    });
  }

  async post(path, body) {
    let answer;
    try {
      const headers = { ...this.#headers(), "Content-Type": "application/json" };
      answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    } catch {
      throw away();
    }
    if (answer.ok) return answer.json();
    throw this.#told(answer.status, await answer.json().catch(() => null), answer.headers.get("Retry-After"));
  }

  #told(status, body, wait) {
    if (status === 401) return new Told("The server asks for an API key: enter it above.", { key: true });
    if (status === 503) return new Told(`The server is busy. Try again in ${wait ?? "a few"} seconds.`);
    return body?.error ? new Told(body.error) : away(`The server answered ${status}. Try again.`);
  }

  /** Opens a stream: gives a function from a frame's blob to what is on it, and one that closes. */
  stream() {
    const address = new URL("v1/stream", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address, this.#key ? ["emotions", `key.${asToken(this.#key)}`] : ["emotions"]);
    let waiting = null;
    let reason = LOST;
    socket.onmessage = ({ data }) => {
      waiting?.resolve(JSON.parse(data));
      waiting = null;
    };
    socket.onclose = (event) => {
      if (event.reason) reason = `The server has ended the stream: ${event.reason}.`;
      waiting?.reject(away(reason));
      waiting = null;
    };
    const open = new Promise((resolve, reject) => {
      socket.onopen = resolve;
      // A browser does not say why; the key is the reason that is known.
      socket.onerror = () => reject(this.#asksForKey ? this.#told(401) : away());
    });
    open.catch(() => {});
    return {
      look: async (blob) => {
        await open;
        if (socket.readyState !== WebSocket.OPEN) throw away(reason);
        return new Promise((resolve, reject) => {
          waiting = { resolve, reject };
          socket.send(blob);
        });
      },
      close: () => socket.close(),
    };
  }
}
