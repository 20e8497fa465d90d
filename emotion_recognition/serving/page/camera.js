// The camera: asks, starts, gives frames, stops. Nothing starts it but the person's consent.

import { Told } from "./server.js";

const REASONS = {
  NotAllowedError: "The camera was refused. To allow it, use the camera's sign in the address bar, or choose a picture.",
  NotFoundError: "There is no camera. Connect one, or choose a picture.",
  NotReadableError: "The camera is in use elsewhere. Close the other program and try again, or choose a picture.",
};
const INSECURE = "Browsers give the camera only to pages of https:// or of this machine. Choose a picture instead.";

const stopAll = (stream) => stream.getTracks().forEach((track) => track.stop());

export class Camera {
  #stream = null;

  constructor(video) {
    this.video = video;
  }

  get isOn() {
    return this.#stream !== null;
  }

  /** Starts unless `wanted()` is false by the time the browser has asked; says whether it has. */
  async start(wanted) {
    if (!navigator.mediaDevices?.getUserMedia) throw new Told(INSECURE);
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, facingMode: "user" } });
    } catch (error) {
      throw new Told(REASONS[error.name] ?? `The camera cannot be used (${error.name}). Choose a picture instead.`);
    }
    if (!wanted()) {
      stopAll(stream);
      return false;
    }
    this.stop();
    this.#stream = stream;
    this.video.srcObject = stream;
    await this.video.play();
    return true;
  }

  stop() {
    if (this.#stream) stopAll(this.#stream);
    this.#stream = null;
    this.video.srcObject = null;
  }

  /** The frame that is seen now, as a canvas. */
  frame() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const canvas = new OffscreenCanvas(width || 1, height || 1);
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    return canvas;
  }
}
