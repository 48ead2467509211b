/**
 * Interlaced television sends half of the lines of each picture a moment later than the others. Browsers weave both halves into
 * one picture, and what moves looks like a comb. Here such teeth, and nothing else, are filled in from the lines around them.
 */

/** How far a line must stand out from both of its neighbours, on the same side, to be a tooth; product of two differences, 0 to 1. */
const TOOTH = "0.002";

const CORNERS = `attribute vec2 corner;
varying vec2 at;
void main() {
  at = corner * vec2(0.5, -0.5) + 0.5;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

/** The lines of the first half stay as they are; of the second half, only the teeth are replaced. */
const COMBING = `precision highp float;
uniform sampler2D picture;
uniform vec2 size;
varying vec2 at;
const vec3 brightness = vec3(0.299, 0.587, 0.114);
void main() {
  vec2 line = vec2(0.0, 1.0 / size.y);
  vec3 here = texture2D(picture, at).rgb;
  if (mod(floor(at.y * size.y), 2.0) > 0.5) {
    vec3 above = texture2D(picture, at - line).rgb;
    vec3 below = texture2D(picture, at + line).rgb;
    float tooth = dot(above - here, brightness) * dot(below - here, brightness);
    here = mix(here, (above + below) * 0.5, step(${TOOTH}, tooth));
  }
  gl_FragColor = vec4(here, 1.0);
}`;

/** Frames by which it is judged whether this device keeps up, and how many of them it may miss. */
const JUDGED = 75;
const MAY_MISS = 0.1;

/**
 * Draws what a video shows without combing, frame by frame, until it is ended.
 * @param onTooSlow this device does not keep up, or cannot draw any more; nothing is drawn from then on
 * @returns what ends it; null when this browser cannot
 */
export function smoothWovenPicture(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  onTooSlow: () => void,
): (() => void) | null {
  if (!("requestVideoFrameCallback" in video)) return null;
  const draw = painter(canvas);
  if (draw === null) return null;
  let request = 0;
  let drawn = 0;
  let first: number | null = null;
  const end = (): void => video.cancelVideoFrameCallback(request);
  const giveUp = (): void => {
    end();
    onTooSlow();
  };
  canvas.addEventListener("webglcontextlost", giveUp, { once: true });
  const onFrame: VideoFrameRequestCallback = (_, { presentedFrames }) => {
    request = video.requestVideoFrameCallback(onFrame);
    draw(video);
    drawn++;
    first ??= presentedFrames;
    const shown = presentedFrames - first + 1;
    if (shown < JUDGED) return;
    if (drawn < shown * (1 - MAY_MISS)) return giveUp();
    [first, drawn] = [null, 0];
  };
  request = video.requestVideoFrameCallback(onFrame);
  return () => {
    canvas.removeEventListener("webglcontextlost", giveUp);
    end();
  };
}

/** @returns null when this browser cannot draw so */
function painter(canvas: HTMLCanvasElement): ((video: HTMLVideoElement) => void) | null {
  const gl = canvas.getContext("webgl", { alpha: false, antialias: false, depth: false });
  if (gl === null) return null;
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, CORNERS],
    [gl.FRAGMENT_SHADER, COMBING],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) return null;
  gl.useProgram(program);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
  const corner = gl.getAttribLocation(program, "corner");
  gl.enableVertexAttribArray(corner);
  gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  // each line for itself, and pictures of any size
  for (const [name, value] of [
    [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
    [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
  ] as const)
    gl.texParameteri(gl.TEXTURE_2D, name, value);
  const size = gl.getUniformLocation(program, "size");
  return (video) => {
    const { videoWidth, videoHeight } = video;
    if (videoWidth === 0) return;
    if (canvas.width !== videoWidth || canvas.height !== videoHeight) {
      canvas.width = videoWidth;
      canvas.height = videoHeight;
      gl.viewport(0, 0, videoWidth, videoHeight);
      gl.uniform2f(size, videoWidth, videoHeight);
    }
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, video);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  };
}
