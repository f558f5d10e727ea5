# ruff: noqa: E501
"""Models that read and write, most of them of Hugging Face."""

from migrate_norm.equivalence import InputSpec

from .configurations import (
    ALBERT,
    ALBERT_ALONE,
    ASKED,
    BEIT,
    BEIT_SHARED,
    BERT,
    BERT_ALONE,
    BIG_BIRD,
    BLOOM,
    BLOOM_ALONE,
    BOTH,
    CHOICES,
    CLIP,
    CODER,
    DECODED,
    DINO,
    DISTIL,
    DISTIL_SINES,
    GEMMA,
    GLOBAL_T5,
    GPT2,
    GPT2_ALONE,
    GPT2_CROSS,
    GPT2_OF_FLAX,
    GPT_J,
    GPT_NEO,
    GRIFFIN,
    LOCAL_T5,
    LONG,
    MASK,
    OWN_HEAD,
    PLACES,
    REGNET,
    RESNET,
    RESNET_BASIC,
    ROTARY,
    ROTATED,
    SPARSE,
    T5,
    T5_ALONE,
    TOKENS,
    VIT,
    WHISPER,
    WHISPER_ALONE,
    XGLM,
)
from .inputs import IDS
from .model import Member, Model, f32

LANGUAGE = (
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}Module", {"config": config}, BOTH)
        for module, name, config in (
            ("bart", "BartForConditionalGeneration", CODER), ("bart", "BartForConditionalGeneration", OWN_HEAD),
            ("mbart", "MBartForConditionalGeneration", CODER), ("blenderbot", "BlenderbotForConditionalGeneration", CODER),
            ("blenderbot_small", "BlenderbotSmallForConditionalGeneration", CODER),
            ("pegasus", "PegasusForConditionalGeneration", CODER), ("marian", "MarianMT", CODER),
        )
    ),
    *(
        Model("transformers", "/gpt2/modeling_flax_gpt2.py", "FlaxGPT2LMHeadModule", {"config": config}, (*DECODED, *more))
        for config, more in ((GPT2, ()), (GPT2_ALONE, ()), (GPT2_CROSS, (f32(2, 3, 8), None)))
    ),
    *(
        Model("transformers", "/bloom/modeling_flax_bloom.py", "FlaxBloomForCausalLMModule", {"config": config}, DECODED[:2])
        for config in (BLOOM, BLOOM_ALONE)
    ),
    Model("transformers", "/xglm/modeling_flax_xglm.py", "FlaxXGLMForCausalLMModule", {"config": XGLM}, DECODED),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}ForCausalLMModule", {"config": GEMMA}, DECODED)
        for module, name in (("gemma", "Gemma"), ("llama", "Llama"), ("mistral", "Mistral"))
    ),
    Model(
        "transformers", "/vit/modeling_flax_vit.py", "FlaxViTForImageClassificationModule", {"config": VIT},
        (f32(2, 8, 8, 3),),
    ),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}Module", {"config": config}, TOKENS[: 4 if module == "albert" else 5])
        for module, name, config in (
            ("bert", "BertForMaskedLM", BERT), ("bert", "BertForMaskedLM", BERT_ALONE),
            ("roberta", "RobertaForMaskedLM", BERT), ("roberta", "RobertaForMaskedLM", BERT_ALONE),
            ("electra", "ElectraForMaskedLM", BERT), ("electra", "ElectraForMaskedLM", BERT_ALONE),
            ("albert", "AlbertForMaskedLM", ALBERT), ("albert", "AlbertForPreTraining", ALBERT_ALONE),
            ("albert", "AlbertForSequenceClassification", ALBERT), ("bert", "BertForPreTraining", BERT), ("bert", "BertForSequenceClassification", BERT_ALONE),
        )
    ),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}ForMultipleChoiceModule", {"config": BERT}, CHOICES)
        for module, name in (("bert", "Bert"), ("roberta", "Roberta"))
    ),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}ForMultipleChoiceModule", {"config": ASKED}, CHOICES)
        for module, name in (("xlm_roberta", "XLMRoberta"), ("roberta_prelayernorm", "RobertaPreLayerNorm"))
    ),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}ForQuestionAnsweringModule", {"config": ASKED}, TOKENS)
        for module, name in (
            ("bert", "Bert"), ("roberta", "Roberta"), ("xlm_roberta", "XLMRoberta"), ("electra", "Electra"),
            ("roberta_prelayernorm", "RobertaPreLayerNorm"),
        )
    ),
    *(
        Model("transformers", "/electra/modeling_flax_electra.py", f"FlaxElectraFor{name}Module", {"config": BERT}, TOKENS)
        for name in ("PreTraining", "TokenClassification", "SequenceClassification", "CausalLM")
    ),
    *(
        Model("transformers", "/roformer/modeling_flax_roformer.py", f"FlaxRoFormerFor{name}Module", {"config": config}, ROTARY)
        for name, config in (
            ("MaskedLM", ASKED), ("MaskedLM", ROTATED), ("SequenceClassification", ROTATED), ("TokenClassification", ROTATED),
            ("QuestionAnswering", ASKED),
        )
    ),
    Model(
        "transformers", "/roformer/modeling_flax_roformer.py", "FlaxRoFormerForMultipleChoiceModule", {"config": ASKED},
        (*CHOICES[:3], None),
    ),
    *(
        Model("transformers", "/distilbert/modeling_flax_distilbert.py", f"FlaxDistilBertFor{name}Module", {"config": config}, TOKENS[:2])
        for name, config in (
            ("MaskedLM", DISTIL), ("MaskedLM", DISTIL_SINES), ("QuestionAnswering", DISTIL), ("TokenClassification", DISTIL),
            ("SequenceClassification", DISTIL),
        )
    ),
    *(
        Model("transformers", "/big_bird/modeling_flax_big_bird.py", f"FlaxBigBirdFor{name}Module", {"config": config}, given)
        for name, config, given in (
            ("MaskedLM", BIG_BIRD, TOKENS), ("MaskedLM", SPARSE, LONG), ("MultipleChoice", BIG_BIRD, CHOICES),
            ("CausalLM", BIG_BIRD, (*TOKENS[:2], *TOKENS[3:1:-1])),
        )
    ),
    Model("transformers", "/gpt_neo/modeling_flax_gpt_neo.py", "FlaxGPTNeoForCausalLMModule", {"config": GPT_NEO}, DECODED),
    *(
        Model("transformers", "/gptj/modeling_flax_gptj.py", f"FlaxGPTJ{name}Module", {"config": GPT_J}, DECODED)
        for name in ("", "ForCausalLM")
    ),
    Model(
        "transformers", "/distilbert/modeling_flax_distilbert.py", "FlaxDistilBertForMultipleChoiceModule", {"config": DISTIL},
        CHOICES[:2],
    ),
    Model(
        "transformers", "/dinov2/modeling_flax_dinov2.py", "FlaxDinov2ForImageClassificationModule", {"config": DINO},
        (f32(2, 8, 8, 3),),
    ),
    *(
        Model("transformers", "/beit/modeling_flax_beit.py", f"FlaxBeit{name}Module", {"config": config}, (f32(2, 8, 8, 3), *more))
        for name, config, more in (
            ("", BEIT, ()), ("ForImageClassification", BEIT, ()), ("ForImageClassification", BEIT_SHARED, ()),
            ("ForMaskedImageModeling", BEIT_SHARED, (IDS[:, :4] > 2,)),
        )
    ),
    *(
        Model("transformers", "/t5/modeling_flax_t5.py", f"FlaxT5{name}Module", {"config": config}, BOTH[:count])
        for name, config, count in (
            ("", T5, 4), ("Encoder", T5, 2), ("ForConditionalGeneration", T5, 4), ("ForConditionalGeneration", T5_ALONE, 4),
        )
    ),
    *(
        Model("transformers", "/longt5/modeling_flax_longt5.py", f"FlaxLongT5{name}Module", {"config": config}, BOTH[:4])
        for name, config in (("", LOCAL_T5), ("ForConditionalGeneration", LOCAL_T5), ("ForConditionalGeneration", GLOBAL_T5))
    ),
    *(
        Model("transformers", "/resnet/modeling_flax_resnet.py", f"FlaxResNet{name}Module", {"config": config}, (f32(2, 16, 16, 3),))
        for name in ("", "ForImageClassification")
        for config in (RESNET, RESNET_BASIC)
    ),
    *(
        Model("transformers", "/regnet/modeling_flax_regnet.py", f"FlaxRegNet{name}Module", {"config": REGNET}, (f32(2, 16, 16, 3),))
        for name in ("", "ForImageClassification")
    ),
    Model(
        "transformers", "/clip/modeling_flax_clip.py", "FlaxCLIPModule", {"config": CLIP},
        (IDS, f32(2, 8, 8, 3), MASK, PLACES),
    ),
    *(
        Model(
            "transformers", "/whisper/modeling_flax_whisper.py", "FlaxWhisperForConditionalGenerationModule", {"config": config},
            (f32(2, 6, 10), IDS, MASK, PLACES),
        )
        for config in (WHISPER, WHISPER_ALONE)
    ),
    Model("gemma", "gm/nn/_transformer.py", "Transformer"),
    *(
        Model(
            "gemma", "gemma3n/_modules.py", "Attention",
            {
                "num_heads": 4, "num_kv_heads": heads, "features": 8, "head_dim": 6, "attn_type": Member("GLOBAL"),
                "query_pre_attn_scalar": 0.5, "use_qk_norm": True, "use_value_norm": True,
            },
            (f32(2, 5, 8), PLACES, None, InputSpec("bool", (2, 5, 5))),
        )
        for heads in (2, 4)
    ),
    Model("flaxmodels", "gpt2/gpt2.py", "GPT2Model", {"config": GPT2_OF_FLAX}, (IDS,)),
    *(
        Model("recurrentgemma", "jax/griffin.py", "Griffin", {"config": GRIFFIN, "gradient_checkpointing": remat}, (IDS, PLACES))
        for remat in (True, False)
    ),
)  # fmt: skip
