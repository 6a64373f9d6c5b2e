//! Reads the model's weights from its safetensors file, once the file is known to be the right one.
//!
//! The file is read twice, first for its checksum and then tensor by tensor, so that memory never holds it whole.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use half::f16;
use rustix::fs::{Advice, fadvise};
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use sha2::{Digest, Sha256};

use super::encoder::{Encoder, LAYERS, Layer, MAX_PIECES, WIDE, WIDTH};
use super::math::Norm;
use super::matmul::Linear;
use super::{bad_model, word_pieces::VOCABULARY};
use crate::gateways::embed::Error;

/// SHA-256 of all-MiniLM-L6-v2's `model.safetensors` in f32, as published.
pub(super) const WEIGHTS_SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";

/// Bytes of header a safetensors file may have; this model's has about 10,000.
const MAX_HEADER: u64 = 1 << 20;

/// Reads the encoder from `path`.
///
/// # Errors
/// If the file is missing, is not the one that is expected, or cannot be read.
pub(super) fn read(path: &Path) -> Result<Encoder, Error> {
    let mut file = File::open(path).map_err(|error| bad_model(path, WEIGHTS_SHA256, &error.to_string()))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let unreadable = |error: std::io::Error| bad_model(path, WEIGHTS_SHA256, &error.to_string());
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
    }
    super::check_hash(path, WEIGHTS_SHA256, &hasher.finalize())?;
    let mut tensors = Tensors::open(file).map_err(|reason| bad_model(path, WEIGHTS_SHA256, &reason))?;
    let encoder = tensors.encoder().map_err(|reason| bad_model(path, WEIGHTS_SHA256, &reason))?;
    // 90 MB that are read once: the system need not keep them beside the encoder. Advice, which may be ignored.
    let _advised = fadvise(&tensors.file, 0, None, Advice::DontNeed);
    Ok(encoder)
}

/// The open file and what its header says of each tensor. Errors are sentences without the file's name.
struct Tensors {
    file: File,
    /// Where in the file the tensors' bytes begin.
    start: u64,
    header: Metadata,
}

impl Tensors {
    /// Reads the header.
    fn open(mut file: File) -> Result<Self, String> {
        let mut read = || -> std::io::Result<(u64, Vec<u8>)> {
            let mut length = [0; 8];
            file.seek(SeekFrom::Start(0))?;
            file.read_exact(&mut length)?;
            let length = u64::from_le_bytes(length);
            let mut header = Vec::new();
            file.by_ref().take(length.min(MAX_HEADER)).read_to_end(&mut header)?;
            Ok((8 + length, header))
        };
        let (start, header) = read().map_err(|error| error.to_string())?;
        let header = serde_json::from_slice(&header).map_err(|error| format!("its header is not valid: {error}"))?;
        Ok(Self { file, start, header })
    }

    /// One tensor's numbers, row by row.
    fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let info = self.header.info(name).ok_or_else(|| format!("it has no tensor {name}"))?;
        if info.dtype != Dtype::F32 || info.shape != shape {
            return Err(format!("{name} is {:?} of shape {:?}, not F32 of {shape:?}", info.dtype, info.shape));
        }
        let (from, to) = info.data_offsets;
        let mut bytes = vec![0; to - from];
        self.file
            .seek(SeekFrom::Start(self.start + from as u64))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|error| format!("{name} cannot be read: {error}"))?;
        Ok(bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect())
    }

    /// A linear layer of `inputs` to `outputs` numbers.
    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, String> {
        let weights = self.numbers(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Linear::new(&weights, self.numbers(&format!("{name}.bias"), &[outputs])?))
    }

    /// A layer norm.
    fn norm(&mut self, name: &str) -> Result<Norm, String> {
        Ok(Norm {
            gain: self.numbers(&format!("{name}.weight"), &[WIDTH])?,
            shift: self.numbers(&format!("{name}.bias"), &[WIDTH])?,
        })
    }

    /// The layer with this number.
    fn layer(&mut self, number: usize) -> Result<Layer, String> {
        let at = |part: &str| format!("encoder.layer.{number}.{part}");
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for part in ["query", "key", "value"] {
            weights.extend(self.numbers(&at(&format!("attention.self.{part}.weight")), &[WIDTH, WIDTH])?);
            bias.extend(self.numbers(&at(&format!("attention.self.{part}.bias")), &[WIDTH])?);
        }
        Ok(Layer {
            triple: Linear::new(&weights, bias),
            attended: self.linear(&at("attention.output.dense"), WIDTH, WIDTH)?,
            attention_norm: self.norm(&at("attention.output.LayerNorm"))?,
            widen: self.linear(&at("intermediate.dense"), WIDTH, WIDE)?,
            narrow: self.linear(&at("output.dense"), WIDE, WIDTH)?,
            output_norm: self.norm(&at("output.LayerNorm"))?,
        })
    }

    /// The whole model.
    fn encoder(&mut self) -> Result<Encoder, String> {
        /// Places the position table has; only the first [`MAX_PIECES`] are used.
        const PLACES: usize = 512;
        let words = self.numbers("embeddings.word_embeddings.weight", &[VOCABULARY, WIDTH])?;
        let words = words.into_iter().map(f16::from_f32).collect();
        let segments = self.numbers("embeddings.token_type_embeddings.weight", &[2, WIDTH])?;
        let mut places = self.numbers("embeddings.position_embeddings.weight", &[PLACES, WIDTH])?;
        places.truncate(MAX_PIECES * WIDTH);
        places.shrink_to_fit();
        for place in places.chunks_exact_mut(WIDTH) {
            for (value, segment) in place.iter_mut().zip(&segments) {
                *value += segment;
            }
        }
        let norm = self.norm("embeddings.LayerNorm")?;
        let layers = (0..LAYERS).map(|number| self.layer(number)).collect::<Result<_, _>>()?;
        Ok(Encoder { words, places, norm, layers })
    }
}
