# The service with what it needs and nothing else: NumPy, OpenCV, the server; no TensorFlow. See docs/deployment.md.
#
#     docker build -t facial-emotions .
#     docker run --rm -p 127.0.0.1:8000:8000 --read-only --cap-drop ALL facial-emotions

# The page's runtime for detection in the browser, as package-lock.json pins it.
FROM node:22-slim AS page
WORKDIR /page
COPY package.json package-lock.json ./
RUN npm ci --omit dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 service
WORKDIR /app
COPY requirements-detect.txt requirements-serve.txt requirements-recommend.txt ./
# --build-arg RECOMMEND= leaves recommendations out, and with them 370 MB of SciPy, pandas and others.
ARG RECOMMEND=requirements-recommend.txt
RUN pip install --no-cache-dir -r requirements-detect.txt -r requirements-serve.txt ${RECOMMEND:+-r $RECOMMEND}
COPY EmotionServer.py ./
COPY emotion_recognition emotion_recognition
COPY FacialExpressionRecognition/output FacialExpressionRecognition/output
COPY --from=page /page/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs \
     /page/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm emotion_recognition/serving/page/ort/
USER service
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
     "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# exec form: the signal to end reaches the server, which answers what has begun first
ENTRYPOINT ["python", "EmotionServer.py", "--host", "0.0.0.0", "--port", "8000"]
